"""The wire driver on a sink (`pinload bench-loop --sink`): a broker that costs nothing, on a CPU of its own.

It takes what is produced without looking at it, and serves messages from memory, so the client is what limits the rate,
unless the sink has waited for next to no time. A producer with an I/O thread has it on a third CPU, where there is one,
or on the sink's, where both then sleep while they wait (and its CPU time is the loop's and what the thread took while it
had something to do). With everything measured it serves each message once, with a stamp of its own, and not one may be
amiss; with nothing measured the same bytes again and again.
"""

import statistics

from process import ToolError

# Direction and bytes of a value → arguments. A producer without a rate keeps as many on their way as in a run (src/plan/resolve/window.rs).
CASES = {
    ("produce", 100): ["producer", "--bytes", "100", "--window", "40000"],
    ("consume", 100): ["consumer", "--bytes", "100"],
    ("produce", 1024): ["producer", "--bytes", "1024", "--window", "4096"],
    ("consume", 1024): ["consumer", "--bytes", "1024"],
}
# The same with a thread for the socket work.
BY_THREAD = ("produce by an I/O thread", 100), ("produce by an I/O thread", 1024)
PACED_PER_S = 10_000
PARTS = ("all", "none")


def measure(bench, sink_cpu, io_cpu):
    """Case → figures; the producer's pacing error on a schedule, without and with an I/O thread."""
    by_thread = ["--io-cpu", str(io_cpu)]
    cases = {**CASES, **{case: [*CASES["produce", case[1]], *by_thread] for case in BY_THREAD}}
    runs = {(case, part): [] for case in cases for part in PARTS}
    paced, paced_by_thread = [], []
    for nth in range(bench.rounds):
        bench.say(f"sink, round {nth + 1}")
        # Every second round the other way round.
        for case, part in list(runs)[:: -1 if nth % 2 else 1]:
            runs[case, part].append(_run(bench, sink_cpu, [*cases[case], "--measuring", part]))
        for into, more in (paced, []), (paced_by_thread, by_thread):
            into.append(_run(bench, sink_cpu, ["producer", "--rate", str(PACED_PER_S), *more])["pacing_error_ns"])
    return {
        "cpus": [bench.cpu, sink_cpu],
        "io_cpu": io_cpu,
        "cases": [_case(case, *(runs[case, part] for part in PARTS)) for case in cases],
        "paced_per_s": PACED_PER_S,
        "pacing_error_ns": _medians(paced),
        "pacing_error_by_thread_ns": _medians(paced_by_thread),
    }


def _medians(errors):
    return {name: statistics.median(each[name] for each in errors) for name in ("p50", "p99", "p99_9", "max")}


def _case(case, measured, bare):
    ratios = [_cost(one) / _cost(other) for one, other in zip(measured, bare)]
    return {
        "direction": case[0],
        "value_bytes": case[1],
        **_figures("all", measured),
        **_figures("none", bare),
        "all_to_none": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios), "values": ratios},
    }


def _figures(part, runs):
    median = lambda of: statistics.median(map(of, runs))
    return {
        f"messages_per_s_{part}": median(lambda run: run["messages_per_s"]),
        f"value_bytes_per_s_{part}": median(lambda run: run["value_bytes_per_s"]),
        f"cpu_ns_per_message_{part}": median(_cost),
        f"sink_waited_share_{part}": median(lambda run: run["sink"]["waited_ns"] / run["elapsed_ns"]),
    }


def _cost(run):
    return run["process_cpu_ns"] / run["messages"]


def _run(bench, sink_cpu, arguments):
    time = "200ms" if bench.quick else "3s"
    told = bench.run([*arguments, "--time", time, "--cpu", str(bench.cpu), f"--sink={sink_cpu}", "--property", "acks=1"])
    if not told["messages"] or told["messages_amiss"]:
        raise ToolError(f"{arguments}: of {told['messages']} messages {told['messages_amiss']} were amiss")
    return told
