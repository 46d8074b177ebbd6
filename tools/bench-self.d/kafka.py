"""With a real Kafka: CPU time per message with everything measured ÷ with nothing measured."""

import os
import statistics

import matrix
from broker import Broker
from process import ToolError

PARTS = ("all", "none")


def on_off(bench, address):
    """Pairs of runs, producing to a topic and consuming it from its begin."""
    broker = Broker(address)
    topic = f"bench-self-{os.getpid()}"
    broker.create(topic, 1)
    try:
        return [_pairs(bench, address, topic, role) for role in ("producer", "consumer")]
    finally:
        broker.delete(topic)
        broker.close()


def _pairs(bench, address, topic, role):
    settings = matrix.producer_settings(matrix.Case("produce")) if role == "producer" else matrix.consumer_settings()
    runs = {part: [] for part in PARTS}
    for nth in range(bench.rounds):
        bench.say(f"Kafka: {role}, all and none, round {nth + 1}")
        for part in PARTS[:: -1 if nth % 2 else 1]:
            properties = {"bootstrap.servers": address, **settings}
            if role == "consumer":
                properties["group.id"] = f"{topic}-{nth}-{part}"
            given = [word for name, value in properties.items() for word in ("--property", f"{name}={value}")]
            told = bench.run([role, "--measuring", part, "--time", "2s", "--topic", topic, *given])
            if not told["messages"]:
                raise ToolError(f"{role}, {part}: no messages")
            runs[part].append(told["process_cpu_ns"] / told["messages"])
    ratios = [on / off for on, off in zip(runs["all"], runs["none"])]
    return {
        "role": role,
        **{f"cpu_ns_per_message_{part}": statistics.median(values) for part, values in runs.items()},
        "all_to_none": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios), "values": ratios},
    }
