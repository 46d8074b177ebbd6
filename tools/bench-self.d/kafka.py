"""With a real Kafka: CPU time per message with everything measured ÷ with nothing measured."""

import os
import statistics

import matrix
from broker import Broker
from process import ToolError

PARTS = ("all", "none")
# How long a load runs. Joining its group is a part of a consumer's.
TIME = {"producer": "2s", "consumer": "3s"}
# Loads before those that count: the first group that a broker sees waits for the topic of all groups, which takes
# longer than one load.
MOST_WARM_UPS = 5


def on_off(bench, address):
    """Pairs of runs, producing to a topic and consuming it from its begin."""
    broker = Broker(address)
    topic = f"bench-self-{os.getpid()}"
    broker.create(topic, 1)
    try:
        return [_pairs(bench, address, topic, role, broker) for role in ("producer", "consumer")]
    finally:
        broker.delete(topic)
        broker.close()


def _pairs(bench, address, topic, role, broker):
    warm_up = next((each for each in range(MOST_WARM_UPS) if _run(bench, address, topic, role, "all", f"warm-up-{each}")["messages"]), None)
    if warm_up is None:
        raise ToolError(f"{role}: no messages in {MOST_WARM_UPS} runs")
    runs = {part: [] for part in PARTS}
    held = broker.messages(topic, 1)
    for nth in range(bench.rounds):
        bench.say(f"Kafka: {role}, all and none, round {nth + 1}")
        for part in PARTS[:: -1 if nth % 2 else 1]:
            told = _run(bench, address, topic, role, part, f"{nth}-{part}")
            if not told["messages"] or role == "consumer" and told["messages"] >= held:
                raise ToolError(f"{role}, {part}: {told['messages']} messages of {held}")
            runs[part].append(told["process_cpu_ns"] / told["messages"])
    ratios = [on / off for on, off in zip(runs["all"], runs["none"])]
    return {
        "role": role,
        **{f"cpu_ns_per_message_{part}": statistics.median(values) for part, values in runs.items()},
        "all_to_none": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios), "values": ratios},
    }


def _run(bench, address, topic, role, part, group):
    settings = matrix.producer_settings(matrix.Case("produce")) if role == "producer" else matrix.consumer_settings()
    properties = {"bootstrap.servers": address, **settings}
    if role == "consumer":
        properties["group.id"] = f"{topic}-{group}"
    given = [word for name, value in properties.items() for word in ("--property", f"{name}={value}")]
    return bench.run([role, "--measuring", part, "--time", TIME[role], "--topic", topic, *given])
