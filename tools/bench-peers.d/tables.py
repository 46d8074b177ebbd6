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
    "paced": "Producing and consuming at a rate (per message sent; publish: from actual send to acknowledgement)",
}
COLUMNS = (
    "case", "tool", "msg/s", "MB/s", "CPU µs/msg, whole", "CPU µs/msg, steady", "switches/1,000 msg", "peak memory MB",
    "pinload ÷ it: CPU, whole", "CPU, steady", "msg/s",
)
PACED_COLUMNS = (
    "case", "tool", "msg/s", "publish p50 ms", "p99", "p99.9", "end to end p99 ms", "CPU µs/msg, whole",
    "CPU µs/msg, steady", "switches/1,000 msg", "peak memory MB", "pinload ÷ it: CPU, whole", "CPU, steady",
)


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
    # pinload ÷ each of the others, and the wire driver ÷ each of the others.
    ours = [name for name in names if name in (names[0], goals.WIRE)]
    pairs = [(of, to) for of in ours for to in names if of != to]
    return {
        "name": case.name,
        **asdict(case),
        "tools": [
            {"tool": name, "runs": [asdict(run) for run in runs], "medians": medians(runs)}
            for name, runs in tools.items()
        ],
        "ratios": [{"of": of, "to": to, **ratios(tools[of], tools[to])} for of, to in pairs],
    }


def write_json(document, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.write("\n")


def markdown(document):
    """One table for each mode; the ratios are pinload ÷ the tool of the row, median of the rounds (smallest –
    largest)."""
    about, host = document, document["machine"]
    counts = sorted({len(tool["runs"]) for case in document["cases"] for tool in case["tools"]})
    rounds = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
    log = {True: "the broker's log in memory", False: "the broker's log on a disk"}.get(about.get("log_in_memory"))
    lines = [
        f"{host['cpus']} CPUs ({host['cpu_model']}), {host['memory_bytes'] / 2**30:.0f} GiB, {host['kernel']}; "
        f"broker and tools share them{f', {log}' if log else ''}. "
        f"pinload {about['versions']['pinload']}, librdkafka {about['versions']['librdkafka']} in pinload and in the "
        f"others of C and Python, Apache Kafka {about['versions']['kafka']}, {about['versions']['java']}. "
        f"{rounds} rounds, {about['load_s']:g} s of load each ({matrix.PACED_TIMES} times as long where paced); "
        "medians, ratios with the smallest and the largest of the rounds.",
    ]
    for mode, title in MODES.items():
        cases = [case for case in document["cases"] if case["mode"] == mode]
        if not cases:
            continue
        columns = PACED_COLUMNS if mode == "paced" else COLUMNS
        rule = "---|---" + "|--:" * (len(columns) - 2)
        lines += ["", f"**{title}**", "", "| " + " | ".join(columns) + " |", f"|{rule}|"]
        for case in cases:
            ours = case["tools"][0]["tool"]
            to = {ratio["to"]: ratio for ratio in case["ratios"] if ratio["of"] == ours}
            for nth, tool in enumerate(case["tools"]):
                lines.append(_row("" if nth else label(case), tool, to.get(tool["tool"]), mode == "paced"))
    reached = goals.markdown(document, label)
    lines += ["", *reached] if reached else []
    return "\n".join(lines) + "\n"


def label(case):
    size = "1 KB" if case["size_bytes"] == 1024 else f"{case['size_bytes']} B"
    parts = [size]
    if case.get("rate_per_s"):
        parts.append(f"{case['rate_per_s']:,} msg/s")
    if case["mode"] != "consume":
        parts.append(f"acks={case['acks']}")
    parts.append("1 partition" if case["partitions"] == 1 else f"{case['partitions']} partitions")
    if case["compression"] != "none":
        parts.append(case["compression"])
    if case["clients"] > 1:
        parts.append(f"{case['clients']} {_clients(case)}")
    if case.get("tls"):
        parts.append("TLS")
    return ", ".join(parts)


def _clients(case):
    subscriptions = case.get("subscriptions", 1)
    if subscriptions > 1:
        return f"producers, {case['clients'] * subscriptions} consumers in {subscriptions} subscriptions"
    many = "producers, as many consumers"
    return {"produce": "producers", "consume": "consumers"}.get(case["mode"], many)


def _row(case, tool, ratio, paced):
    figures = tool["medians"]

    def number(name, form, times=1):
        value = figures.get(name)
        return "–" if value is None else format(value * times, form)

    def of(name):
        known = ratio and ratio[name]
        return range_text(known) if known else "–"

    limited = sum(bool((run.get("disk") or {}).get("limited")) for run in tool["runs"])
    name = f"{tool['tool']} (the disk limited {limited} of {len(tool['runs'])} runs)" if limited else tool["tool"]
    cpu = [number(f"{which}cpu_us_per_message", ".3f") for which in ("", "steady_")]
    used = [number("context_switches_per_message", ",.2f", 1000), number("peak_memory_bytes", ",.0f", 1e-6)]
    ratios_of = [of(name) for name in ("cpu_us_per_message", "steady_cpu_us_per_message", "messages_per_s")]
    rate = number("messages_per_s", ",.0f")
    if paced:
        times = [number(f"publish_{which}_ms", ".2f") for which in ("p50", "p99", "p999")]
        cells = [case, name, rate, *times, number("end_to_end_p99_ms", ".2f"), *cpu, *used, *ratios_of[:2]]
    else:
        cells = [case, name, rate, number("bytes_per_s", ",.0f", 1e-6), *cpu, *used, *ratios_of]
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
