"""What grows with the number of clients: whole runs of pinload with the null driver, or with the wire driver on a Kafka, seen from outside and
from the detail file."""

import json
import os
import subprocess
import threading
import time

from process import ToolError, tree

DRIVER = "name: nothing\ndriverClass: pinload.driver.null\n"
# Defaults of librdkafka: what is configured of buffers are limits, and at one message a second nothing is near them.
WIRE_DRIVER = """name: wire
driverClass: pinload.wire
commonConfig: bootstrap.servers={address}
producerConfig: acks=1
consumerConfig: auto.offset.reset=earliest
topicConfig: ""
replicationFactor: 1
"""
WORKLOAD = """name: idle
topics: 1
partitionsPerTopic: {partitions}
messageSize: 100
useRandomizedPayloads: true
randomBytesRatio: 1.0
randomizedPayloadPoolSize: 1
producersPerTopic: {producers}
subscriptionsPerTopic: {subscriptions}
consumerPerSubscription: {consumers}
producerRate: 1
testDurationMinutes: 1
"""
# Printed when all clients are ready and the load is about to begin.
BEGINS = "measurement begins"
LIMIT_S = 180


def measure(binary, numbers, folder, quick, say):
    """One run for each number of clients."""
    idle = lambda clients: WORKLOAD.format(partitions=1, producers=clients, subscriptions=0, consumers=0)
    return _measure(binary, numbers, folder, 2.5 if quick else 14.0, DRIVER, idle, say)


def measure_wire(binary, numbers, folder, address, say):
    """The same on a Kafka by the wire driver, half of the clients consumers."""
    idle = lambda clients: WORKLOAD.format(partitions=clients // 2, producers=clients // 2, subscriptions=1, consumers=clients // 2)
    return _measure(binary, numbers, folder, 14.0, WIRE_DRIVER.format(address=address), idle, say)


def _measure(binary, numbers, folder, load_s, driver, workload, say):
    (folder / "driver.yaml").write_text(driver, encoding="utf-8")
    document = []
    for clients in numbers:
        say(f"{clients} clients")
        (folder / "workload.yaml").write_text(workload(clients), encoding="utf-8")
        document.append(_run(binary, clients, folder, load_s))
    first = document[0]
    for each in document:
        more = each["clients"] - first["clients"]
        each["memory_bytes_per_client"] = (each["memory_bytes"] - first["memory_bytes"]) / more if more else None
    return document


def _run(binary, clients, folder, load_s):
    result = folder / f"{clients}.json"
    argv = [str(binary), "run", "--no-progress", "--warmup", "0s", "--duration", f"{round(load_s * 1000)}ms", "-d", "driver.yaml",
            "-o", str(result), "workload.yaml"]
    begun_s = time.monotonic()
    # A session of its own: what is typed at the terminal comes to this program, which ends it.
    process = subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               start_new_session=True)
    lines, begins = [], threading.Event()
    reader = threading.Thread(target=_read, args=(process, lines, begins), daemon=True)
    reader.start()
    try:
        seen = _watch(process, begins, begun_s, load_s, lines)
        process.wait(LIMIT_S)
        ended_s = time.monotonic()
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{' '.join(argv)}: not ended after {LIMIT_S} s") from error
    finally:
        if process.poll() is None:
            # Its clients end with it.
            process.kill()
            process.wait()
    reader.join()
    if process.returncode:
        raise ToolError(f"{' '.join(argv)}\nended with {process.returncode}:\n{''.join(lines)}")
    detail = json.loads(result.with_suffix(".detail").read_text(encoding="utf-8"))
    slots = detail["measurement"]["counters_whole_run"]["slots_published"]
    supervisor = detail["supervisor"]
    return {
        "clients": clients,
        "ready_s": seen["begins_s"] - begun_s,
        "close_s": ended_s - seen["begins_s"] - load_s,
        "memory_bytes": seen["memory_bytes"],
        "supervisor_memory_bytes": seen["supervisor_memory_bytes"],
        "processes": seen["processes"],
        "supervisor_cpu_share": seen["supervisor_cpu_share"],
        "supervisor_cpu_whole_run_ns": supervisor["supervisor_cpu_ns"],
        "drain_ns": supervisor["drain_ns"],
        "slots": slots,
        "drain_ns_per_slot": supervisor["drain_ns"] / slots if slots else None,
        "slots_lost": sum(client["slots_lost"] for client in detail["clients"]),
    }


def _read(process, lines, begins):
    for line in process.stdout:
        lines.append(line)
        if BEGINS in line:
            begins.set()
    begins.set()


def _watch(process, begins, begun_s, load_s, lines):
    """CPU of the supervisor between two moments of the load, then memory of all."""
    if not begins.wait(LIMIT_S) or process.poll() is not None:
        raise ToolError(f"no load after {time.monotonic() - begun_s:.0f} s:\n{''.join(lines)}")
    begins_s = time.monotonic()
    time.sleep(load_s * 0.15)
    first_ns, first_s = _cpu_ns(process.pid), time.monotonic()
    # 10 s: drains come that often.
    time.sleep(load_s * 0.72)
    last_ns, last_s = _cpu_ns(process.pid), time.monotonic()
    sizes = {pid: _memory(pid) for pid in tree(process.pid)}
    return {
        "begins_s": begins_s,
        "supervisor_cpu_share": (last_ns - first_ns) / 1e9 / (last_s - first_s),
        "memory_bytes": sum(sizes.values()),
        "supervisor_memory_bytes": sizes.get(process.pid, 0),
        "processes": len(sizes),
    }


def _cpu_ns(pid):
    """CPU time of all threads of a process: the first figure of schedstat (kernel documentation, sched-stats)."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        except FileNotFoundError:
            # It has ended since.
            pass
    return total


def _memory(pid):
    """Proportional set size in bytes: shared pages are divided among those who share them."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0
