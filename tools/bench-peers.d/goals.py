"""What pinload sets itself beside its peers, for both of its drivers.

Ratios are taken within a round: median (smallest – largest). What is not reached is bold.
"""

from dataclasses import dataclass

import matrix
from figures import range_text

PINLOAD, WIRE = "pinload", "pinload --client wire"
PRODUCE_C, CONSUME_C = "rdkafka_performance -P", "rdkafka_performance -C"
GROUP_C = f"rdkafka_performance -G -B {matrix.CONSUME_BATCH}"
JAVA = "both Java perf tools"
CPU, RATE = "cpu_us_per_message", "messages_per_s"
P99, P999 = "publish_p99_ms", "publish_p999_ms"
WORDS = {CPU: "CPU per message", RATE: "msg/s", P99: "publish p99", P999: "publish p99.9"}
# OMB's cost of a message sent and received, measured on another machine.
OMB_US = 3.1
# CPU time per message of several clients ÷ that of one, where CPUs are free.
CLIENTS_APART = 1.1
PACED = (matrix.paced(5_000), matrix.paced(20_000, clients=4, subscriptions=2, partitions=8))


@dataclass(frozen=True)
class Goal:
    """One figure of `of`, divided by that of `to` in the same round: at most `goal`, rates at least."""

    case: matrix.Case
    of: str
    to: str
    figure: str
    goal: float


def goals():
    """Those of each driver, in the order of the table."""
    small = {mode: matrix.Case(mode) for mode in ("produce", "consume", "both")}
    large = {mode: matrix.Case(mode, size_bytes=1024) for mode in ("produce", "consume")}
    yield Goal(small["produce"], PINLOAD, PRODUCE_C, CPU, 0.8)
    yield Goal(small["produce"], PINLOAD, PRODUCE_C, RATE, 1.0)
    yield from (Goal(small["consume"], PINLOAD, to, CPU, 0.7) for to in (CONSUME_C, GROUP_C))
    yield from (Goal(small["consume"], PINLOAD, to, RATE, 1.0) for to in (CONSUME_C, GROUP_C))
    yield Goal(small["both"], PINLOAD, JAVA, CPU, 0.25)
    yield Goal(large["produce"], PINLOAD, PRODUCE_C, CPU, 1.0)
    yield Goal(large["produce"], PINLOAD, PRODUCE_C, RATE, 1.0)
    yield from (Goal(large["consume"], PINLOAD, to, CPU, 0.9) for to in (CONSUME_C, GROUP_C))
    yield from (Goal(large["consume"], PINLOAD, to, RATE, 1.0) for to in (CONSUME_C, GROUP_C))
    yield from (Goal(case, PINLOAD, JAVA, CPU, 0.5) for case in PACED)
    yield Goal(small["produce"], WIRE, PRODUCE_C, CPU, 0.25)
    yield from (Goal(small["consume"], WIRE, to, CPU, 0.2) for to in (CONSUME_C, GROUP_C))
    yield Goal(large["produce"], WIRE, PRODUCE_C, CPU, 0.6)
    yield from (Goal(large["consume"], WIRE, to, CPU, 0.5) for to in (CONSUME_C, GROUP_C))
    yield Goal(matrix.Case("both", acks="all", partitions=12), WIRE, JAVA, CPU, 0.08)
    for case in PACED:
        yield Goal(case, WIRE, JAVA, CPU, 0.15)
        yield from (Goal(case, WIRE, to, figure, 1.0) for to in (JAVA, PINLOAD) for figure in (P99, P999))
    yield Goal(matrix.Case("produce", size_bytes=1024, tls=True), WIRE, PINLOAD, CPU, 0.8)


def markdown(document, label):
    """Lines of a table; none, if none of the cases was taken. `label`: of a case, as the tables say it."""
    cases = {case["name"]: case for case in document["cases"]}
    rows = []
    for goal in goals():
        case = cases.get(goal.case.name)
        ratios = case["ratios"] if case else ()
        known = next((each.get(goal.figure) for each in ratios if (each["of"], each["to"]) == (goal.of, goal.to)), None)
        if known:
            what = f"{goal.case.mode}, {label(case)}: {WORDS[goal.figure]}, {goal.of} ÷ {goal.to}"
            rows.append((what, goal.goal, goal.figure, known["median"], range_text(known)))
    rows += [*_beside_omb(cases), *_by_clients(cases)]
    if not rows:
        return []
    lines = ["| figure | goal | measured |", "|---|---|---|"]
    for what, goal, figure, measured, text in rows:
        reached = measured >= goal if figure == RATE else measured <= goal
        sign = "≥" if figure == RATE else "≤"
        lines.append(f"| {what} | {sign} {goal} | {text if reached else f'**{text}**'} |")
    return lines


def _beside_omb(cases):
    both = cases.get(matrix.Case("both").name)
    if both:
        measured = both["tools"][0]["medians"][CPU] / OMB_US
        what = f"both: CPU per message ÷ OMB's {OMB_US} µs (measured on another machine)"
        yield what, 0.25, CPU, measured, f"{measured:.2f}"


def _by_clients(cases):
    """Of the wire driver: medians of cases that differ in the number of clients alone."""
    for mode in ("produce", "consume", "both"):
        partitions = 1 if mode == "produce" else 12
        one, *more = [cases.get(matrix.Case(mode, partitions=partitions, clients=count).name) for count in matrix.CLIENTS]
        for case in more:
            costs = [_median(each, WIRE) for each in (one, case) if each]
            if len(costs) == 2 and None not in costs:
                what = f"{mode}, {partitions} partition{'s' * (partitions > 1)}: CPU per message, {WIRE}, "
                measured = costs[1] / costs[0]
                yield f"{what}{case['clients']} ÷ 1 clients", CLIENTS_APART, CPU, measured, f"{measured:.2f}"


def _median(case, tool):
    return next((each["medians"][CPU] for each in case["tools"] if each["tool"] == tool), None)
