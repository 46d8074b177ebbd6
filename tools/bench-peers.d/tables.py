"""The results as a JSON document and as Markdown tables."""

import json
from dataclasses import asdict

import goals
import java
import matrix
from figures import medians, range_text, ratios
from machine import machine

MODES = {
    "produce": "Producing",
    "consume": "Consuming a topic that is full",
    "both": "Producing and consuming at once (per message sent and received)",
}


def document(results, about):
    """`results`: case → {tool: [Run]}, pinload first; `about`: everything that is the same for all cases."""
    return {
        "schema": {"name": "pinload-bench-peers", "version": 1},
        **about,
        "machine": machine(),
        "cases": [_case(case, tools) for case, tools in results.items()],
    }


def _case(case, tools):
    names = list(tools)
    ours = tools[names[0]]
    return {
        "name": case.name,
        **asdict(case),
        "tools": [
            {"tool": name, "runs": [asdict(run) for run in runs], "medians": medians(runs)} for name, runs in tools.items()
        ],
        "ratios": [{"of": names[0], "to": name, **ratios(ours, tools[name])} for name in names[1:]],
    }


def write_json(document, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.write("\n")


def markdown(document):
    """One table for each mode; the ratios are pinload ÷ the tool of the row, median of the rounds (smallest – largest)."""
    about, host = document, document["machine"]
    counts = sorted({len(tool["runs"]) for case in document["cases"] for tool in case["tools"]})
    rounds = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
    lines = [
        f"{host['cpus']} CPUs ({host['cpu_model']}), {host['memory_bytes'] / 2**30:.0f} GiB, {host['kernel']}; broker and tools share them. "
        f"pinload {about['versions']['pinload']}, librdkafka {about['versions']['librdkafka']} in pinload and in rdkafka_performance, "
        f"Apache Kafka {about['versions']['kafka']}, {about['versions']['java']}. "
        f"{rounds} rounds, {about['load_s']:g} s of load each; medians, ratios with the smallest and the largest of the rounds.",
    ]
    for mode, title in MODES.items():
        cases = [case for case in document["cases"] if case["mode"] == mode]
        if not cases:
            continue
        lines += ["", f"**{title}**", "",
                  "| case | tool | msg/s | MB/s | CPU µs/msg, whole | CPU µs/msg, steady | switches/1,000 msg | peak memory MB "
                  "| pinload ÷ it: CPU, whole | CPU, steady | msg/s |",
                  "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
        for case in cases:
            to = {ratio["to"]: ratio for ratio in case["ratios"]}
            for nth, tool in enumerate(case["tools"]):
                lines.append(_row("" if nth else label(case), tool["tool"], tool["medians"], to.get(tool["tool"])))
    reached = goals.markdown(document)
    lines += ["", *reached] if reached else []
    return "\n".join(lines) + "\n"


def label(case):
    size = "1 KB" if case["size_bytes"] == 1024 else f"{case['size_bytes']} B"
    parts = [size]
    if case["mode"] != "consume":
        parts.append(f"acks={case['acks']}")
    parts.append("1 partition" if case["partitions"] == 1 else f"{case['partitions']} partitions")
    if case["compression"] != "none":
        parts.append(case["compression"])
    clients = {"produce": "producers", "consume": "consumers", "both": "producers, as many consumers"}[case["mode"]]
    if case["clients"] > 1:
        parts.append(f"{case['clients']} {clients}")
    return ", ".join(parts)


def _row(case, tool, figures, ratio):
    def number(value, form):
        return "–" if value is None else format(value, form)

    def of(name):
        known = ratio and ratio[name]
        return range_text(known) if known else "–"

    cells = [
        case, tool,
        number(figures["messages_per_s"], ",.0f"), number(figures["bytes_per_s"] / 1e6, ",.0f"),
        number(figures["cpu_us_per_message"], ".3f"), number(figures["steady_cpu_us_per_message"], ".3f"),
        number(figures["context_switches_per_message"] * 1000, ".2f"), number(figures["peak_memory_bytes"] / 1e6, ",.0f"),
        *[of(name) for name in ("cpu_us_per_message", "steady_cpu_us_per_message", "messages_per_s")],
    ]
    return "| " + " | ".join(cells) + " |"


def settings(case=matrix.Case("both")):
    """What all tools are told, for the JSON document; acks and compression.type change with the case."""
    return {
        "librdkafka_producer": matrix.producer_settings(case),
        "librdkafka_consumer": matrix.consumer_settings(),
        "consume_batch_messages": matrix.CONSUME_BATCH,
        "java_producer": matrix.java_producer_settings(case),
        "java_consumer": matrix.java_consumer_settings(),
        "java_options": java.JVM,
    }
