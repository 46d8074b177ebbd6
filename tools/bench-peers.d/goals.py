"""The three cases of 100 B, acks=1, one partition and one client against what pinload sets itself."""

import matrix
from figures import range_text

# OMB's cost of a message sent and received, measured on another machine.
OMB_US = 3.1
CPU, RATE = "cpu_us_per_message", "messages_per_s"
# Mode, tool, figure, goal
RATIOS = (
    ("produce", "rdkafka_performance -P", CPU, 0.75),
    ("produce", "rdkafka_performance -P", RATE, 1.0),
    ("consume", "rdkafka_performance -C", CPU, 0.9),
    ("consume", f"rdkafka_performance -G -B {matrix.CONSUME_BATCH}", CPU, 0.9),
    ("consume", "rdkafka_performance -C", RATE, 1.0),
    ("consume", f"rdkafka_performance -G -B {matrix.CONSUME_BATCH}", RATE, 1.0),
    ("both", "both Java perf tools", CPU, 0.25),
)


def markdown(document):
    """Lines of a table; none, if none of the cases was taken. What is not reached is bold."""
    cases = {case["name"]: case for case in document["cases"]}
    rows = []
    for mode, tool, figure, goal in RATIOS:
        case = cases.get(matrix.Case(mode).name)
        known = case and next((ratio[figure] for ratio in case["ratios"] if ratio["to"] == tool), None)
        if known:
            what = "CPU per message" if figure == CPU else "msg/s"
            rows.append((f"{mode}: {what} ÷ {tool}", goal, figure, known["median"], range_text(known)))
    both = cases.get(matrix.Case("both").name)
    if both:
        measured = both["tools"][0]["medians"][CPU] / OMB_US
        what = f"both: CPU per message ÷ OMB's {OMB_US} µs (measured on another machine)"
        rows.append((what, 0.25, CPU, measured, f"{measured:.2f}"))
    if not rows:
        return []
    lines = ["| figure | goal | measured | what stands in the way |", "|---|---|---|---|"]
    for what, goal, figure, measured, text in rows:
        reached = measured <= goal if figure == CPU else measured >= goal
        sign = "≤" if figure == CPU else "≥"
        lines.append(f"| {what} | {sign} {goal} | {text if reached else f'**{text}**'} | |")
    return lines
