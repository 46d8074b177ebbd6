"""From what a tool did and used to figures per message, and from rounds to medians and ratios.

Two CPU figures. `cpu_us_per_message` is all CPU time of all processes of a tool from its start to its end, divided by
the messages it handled: it holds a JVM's start as well as pinload's supervisor, its start and its close.
`steady_cpu_us_per_message` is the same between two moments while the load runs, at least a second after its begin,
where a tool tells how far it has come (Java's producer does so every 5 s, Java's consumer not at all in a form that
counts).
"""

import statistics
from dataclasses import asdict, dataclass

from process import ToolError, at

# The load has run for so long when the steady part begins, and the steady part is at least as long.
STEADY_AFTER_S = 1.0
STEADY_AT_LEAST_S = 1.0

MOST_RECEIVED = 1.05
# Of messages from their actual send to their acknowledgement, and to their receipt.
LATENCIES = {"publish_p50_ms": "p50", "publish_p99_ms": "p99", "publish_p999_ms": "p999"}
NO_FIGURES = ("round", "disk")
RATIOS = ("cpu_us_per_message", "steady_cpu_us_per_message", "messages_per_s", *LATENCIES)


@dataclass
class Run:
    """One run of one tool."""

    round: int
    messages: int
    # How long the load ran, by the tool's own clock.
    load_s: float
    messages_per_s: float
    bytes_per_s: float
    cpu_user_s: float
    cpu_system_s: float
    cpu_us_per_message: float
    steady_cpu_us_per_message: float | None
    steady_messages_per_s: float | None
    context_switches_per_message: float
    peak_memory_bytes: int
    # Paced runs of tools that tell them
    publish_p50_ms: float | None = None
    publish_p99_ms: float | None = None
    publish_p999_ms: float | None = None
    end_to_end_p99_ms: float | None = None
    # disk.between
    disk: dict | None = None


def latencies(publish_ms, end_to_end_ms=None):
    """Fields of a run, from percentiles by the names p50, p99, p999."""
    fields = {field: publish_ms.get(name) for field, name in LATENCIES.items()}
    return {**fields, "end_to_end_p99_ms": (end_to_end_ms or {}).get("p99")}


def run(done, messages, load_messages, load_s, size_bytes, steady_of=None, times=None):
    """Figures of the processes in `done`, which together handled `messages`, `load_messages` of them in the `load_s`
    that the tool measured. `steady_of`: those whose progress counts; None: all. `times`: of `latencies`."""
    if messages <= 0 or load_s <= 0:
        raise ToolError(f"no messages: {messages} in {load_s} s")
    cpu_s = sum(each.cpu_s for each in done)
    steady_cpu, steady_rate = steady(done if steady_of is None else steady_of, done)
    rate = load_messages / load_s
    return Run(
        round=0,
        messages=messages,
        load_s=load_s,
        messages_per_s=rate,
        bytes_per_s=rate * size_bytes,
        cpu_user_s=sum(each.cpu_user_s for each in done),
        cpu_system_s=sum(each.cpu_system_s for each in done),
        cpu_us_per_message=cpu_s / messages * 1e6,
        steady_cpu_us_per_message=steady_cpu,
        steady_messages_per_s=steady_rate,
        context_switches_per_message=sum(each.context_switches for each in done) / messages,
        peak_memory_bytes=sum(each.peak_memory_bytes for each in done),
        **(times or {}),
    )


def same_count(tool, sent, received):
    """Consumers must get everything; when a group shares out its partitions again, a few come twice."""
    if not sent <= received <= sent * MOST_RECEIVED:
        raise ToolError(f"{tool}: {sent} acknowledged, {received} received")


def steady(progressing, done):
    """CPU µs per message and messages per second while all of them were at work; None where that cannot be told."""
    known = progressing and all(len(each.progress) >= 2 for each in progressing)
    if not known or any(len(each.cpu) < 2 for each in done):
        return None, None
    begin_s = max(each.progress[0][0] for each in progressing) + STEADY_AFTER_S
    end_s = min([each.progress[-1][0] for each in progressing] + [each.cpu[-1][0] for each in done])
    if end_s - begin_s < STEADY_AT_LEAST_S:
        return None, None
    messages = sum(at(each.progress, end_s) - at(each.progress, begin_s) for each in progressing)
    cpu_s = sum(at(each.cpu, end_s) - at(each.cpu, begin_s) for each in done)
    return (cpu_s / messages * 1e6, messages / (end_s - begin_s)) if messages > 0 else (None, None)


def medians(runs):
    """Each figure's median over the rounds; None where no run has it."""
    values = {}
    for name in asdict(runs[0]):
        if name not in NO_FIGURES:
            known = [getattr(each, name) for each in runs if getattr(each, name) is not None]
            values[name] = statistics.median(known) if known else None
    return values


def ratios(ours, theirs):
    """pinload ÷ peer, round by round: median, smallest and largest of the ratios of each figure. None: a figure is not
    known of both."""
    table = {}
    for name in RATIOS:
        pairs = [(getattr(our, name), getattr(their, name)) for our, their in zip(ours, theirs)]
        values = [our / their for our, their in pairs if our is not None and their]
        table[name] = (
            {"median": statistics.median(values), "min": min(values), "max": max(values), "values": values}
            if values
            else None
        )
    return table


def range_text(ratio):
    return f"{ratio['median']:.2f} ({ratio['min']:.2f}–{ratio['max']:.2f})"
