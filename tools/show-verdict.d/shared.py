"""The same load on the same broker from a loop with a CPU of its own and from one on shared CPUs: below the level up to
which figures are the broker's, both must say the same.

The broker is the mock with answers that take a fixed time, held on the first CPU, so that both runs measure one and the
same thing. The loop with a CPU of its own has the second one, and librdkafka's threads share the first with the broker;
the other run has both CPUs for everything.
"""

import brokers
import run as runs
from cases import FIRST, SECOND

RATE = 10_000
LENGTH = "20s"
PLACES = {"own": ("--cpus", str(SECOND), "--io-cpus", str(FIRST)), "shared": ("--placement", "none")}


def measured(binary, folder, rounds, rtt_ms, say):
    """One row for each round and percentile of the latency of acknowledgements."""
    rows = []
    for nth in range(1, rounds + 1):
        told = {}
        for place in PLACES:
            say(f"a load on CPUs of its own and one on shared ones, round {nth}: {place}")
            told[place] = _run(binary, folder / f"{place}-{nth}", place, rtt_ms)
        rows += _compared(nth, told)
    return rows


def _run(binary, here, place, rtt_ms):
    here.mkdir()
    broker = brokers.Mock(binary, "seen", [{"at_ms": 0, "fault": "slow", "rtt_ms": rtt_ms}])
    try:
        broker.fault(0)
        runs.pin_all(broker.pid, {FIRST})
        where = ["--bootstrap", broker.address, "--topics", "seen", *PLACES[place]]
        shape = ["--producers", "1", "--subscriptions", "0", "--consumers", "0", "--partitions", "1"]
        shape += ["--rate", str(RATE), "--size", "100"]
        times = ["--warmup", "2s", "--duration", LENGTH, "--no-progress", "--no-report"]
        argv = [str(binary), "run", *where, *shape, *times, "--property", "producer.linger.ms=0"]
        run = runs.Run(argv, here)
        try:
            run.end()
        finally:
            run.kill()
        return run.detail()["trust"]
    finally:
        broker.end()


def _compared(nth, told):
    figures = {}
    for place, trust in told.items():
        [latency] = [each for each in trust["latencies"] if each["latency"] == "acknowledge_actual"]
        figures[place] = {figure["level"]: figure for figure in latency["figures"]}
    rows = []
    for level in figures["own"]:
        pair = {place: figures[place][level] for place in PLACES}
        own_ns, shared_ns = (pair[place]["latency_ns"] for place in PLACES)
        rows.append({
            "round": nth, "level": level, "own_ns": own_ns, "shared_ns": shared_ns,
            "difference": abs(own_ns - shared_ns) / max(own_ns, shared_ns),
            "both_are_the_brokers": all(each["own"] for each in pair.values()),
            "added_at_most_ns": {place: each["added_at_most_ns"] for place, each in pair.items()},
        })
    return rows


def agrees(rows, own_share):
    """Of what is the broker's in both, nothing differs by more than the stated share."""
    return all(row["difference"] <= own_share for row in rows if row["both_are_the_brokers"])


def markdown(rows):
    lines = [
        "| round | percentile | CPU of its own, ms | shared CPUs, ms | difference | added at most, ms | the broker's |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        added = " and ".join(f"{row['added_at_most_ns'][place] / 1e6:.2f}" for place in PLACES)
        both = "yes" if row["both_are_the_brokers"] else "no"
        latencies = [f"{row[name] / 1e6:.2f}" for name in ("own_ns", "shared_ns")]
        cells = [str(row["round"]), row["level"], *latencies, f"{row['difference'] * 100:.1f} %", added, both]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
