"""Two clients on two CPUs at once ÷ the same two one after the other, on the null driver: what they share slows both.

Each is a process of its own, as the clients of a run are, and writes nothing that the other reads. What the ratio shows beside that is the
machine: caches, memory, frequency, and on a virtual one whatever else its CPUs are used for. CPU time per message leaves out the time in which
a loop was not on its CPU; messages per second do not.
"""

import statistics
from concurrent.futures import ThreadPoolExecutor

from loops import FLAT_OUT


def other_cpu(cpu, allowed):
    """A CPU that is no second thread of the same core, if there is one; None: there is only one CPU."""
    others = sorted(set(allowed) - {cpu}, reverse=True)
    siblings = _siblings(cpu)
    return next((each for each in others if each not in siblings), others[0] if others else None)


def measure(bench, cpus):
    """Loop → both clients' messages per second and CPU time per message, alone and together; one CPU more than once would be one client."""
    document = []
    for name, arguments in FLAT_OUT.items():
        rounds = []
        for nth in range(bench.rounds):
            bench.say(f"two clients and one: {name}, round {nth + 1}")
            alone = lambda: [_together(bench, arguments, [cpu])[0] for cpu in cpus]
            both = lambda: _together(bench, arguments, cpus)
            # Every second round the other way round.
            one, two = (alone(), both()) if nth % 2 == 0 else reversed([both(), alone()])
            rounds.append((one, two))
        document.append({
            "loop": name,
            "cpus": cpus,
            "same_core": cpus[1] in _siblings(cpus[0]),
            "messages_per_s_alone": statistics.median(_rate(one) for one, _ in rounds) / 2,
            "messages_per_s_together": statistics.median(_rate(two) for _, two in rounds) / 2,
            "rate_to_twice_one": _range([_rate(two) / _rate(one) for one, two in rounds]),
            "cpu_per_message_to_alone": _range([_cost(two) / _cost(one) for one, two in rounds]),
        })
    return document


def _together(bench, arguments, cpus):
    """Runs of equal length, begun together; each calibrates its clock for as long before its load."""
    time = "200ms" if bench.quick else "2s"
    with ThreadPoolExecutor(len(cpus)) as threads:
        return list(threads.map(lambda cpu: bench.run([*arguments, "--time", time, "--cpu", str(cpu)]), cpus))


def _rate(runs):
    return sum(run["messages_per_s"] for run in runs)


def _cost(runs):
    """The mean of the two, so that the quicker one does not count for more."""
    return sum(run["cpu_ns"] / run["messages"] for run in runs)


def _range(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "values": values}


def _siblings(cpu):
    """Threads of the same core, the CPU itself among them: lists as 0,4 or 0-1."""
    try:
        with open(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", encoding="ascii") as file:
            ranges = [part.split("-") for part in file.read().strip().split(",")]
    except OSError:
        return {cpu}
    return {number for part in ranges for number in range(int(part[0]), int(part[-1]) + 1)}
