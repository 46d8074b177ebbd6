"""The Python design: one process per producer and per consumer, confluent-kafka in each, a limiter that busy-waits.

    python python_clients.py SPEC.json

Runs in the environment that python_peer.py makes; needs nothing but confluent-kafka. SPEC says topic, librdkafka's
properties, how many clients, messages in all, and the rate of all producers together (0: none). It prints `progress N`
lines (messages acknowledged, or received where nothing is produced) and at last one line of JSON. Producers time each
message from just before `produce` to its delivery callback, consumers from the message's timestamp (ms) to the reading
of the clock; times go into buckets of 10 µs.

Kind to Python where the design leaves a choice: consumers count messages themselves, instead of sending each through a
queue to the parent, and at unlimited rate they take them by the batch.
"""

import ctypes
import json
import multiprocessing
import sys
import time
from array import array

from confluent_kafka import Consumer, Producer

BATCH = 300
BUCKET_NS, BUCKETS = 10_000, 1_000_000
PERCENTILES = {"p50": 0.5, "p99": 0.99, "p999": 0.999}
LOOK_S = 0.2
# Nothing has come for so long: it is not all there.
PATIENCE_S = 60


class UniformRateLimiter:
    """The time of the next send, on a schedule that nothing moves."""

    def __init__(self, rate):
        self.interval_ns = 1_000_000_000 / rate
        self.next_send_time_ns = time.perf_counter_ns()

    def acquire(self):
        current = self.next_send_time_ns
        self.next_send_time_ns += self.interval_ns
        return current


class Times:
    """Counts of times by bucket."""

    def __init__(self):
        self.counts = array("Q", bytes(8 * BUCKETS))

    def add(self, ns):
        self.counts[min(max(ns, 0) // BUCKET_NS, BUCKETS - 1)] += 1

    def found(self):
        """{bucket: count}, as it is sent to the parent."""
        return {bucket: count for bucket, count in enumerate(self.counts) if count}


class Shared:
    """What all processes see: how far each client is, who is ready, when to begin and to end."""

    def __init__(self, context, clients):
        self.done = context.RawArray(ctypes.c_int64, clients)
        self.ready = context.Semaphore(0)
        self.begin, self.end = context.Event(), context.Event()
        self.results = context.SimpleQueue()


def produce(spec, nth, shared):
    producer = Producer(spec["producer"])
    with open(spec["value_file"], "rb") as file:
        value = file.read()
    times, topic, clock = Times(), spec["topic"], time.perf_counter_ns
    failed = 0

    def reporter(sent_ns):
        def report(error, _message):
            nonlocal failed
            if error is not None:
                failed += 1
                return
            times.add(clock() - sent_ns)
            shared.done[nth] += 1

        return report

    share = spec["messages"] // spec["producers"] + (nth < spec["messages"] % spec["producers"])
    producer.list_topics(topic, timeout=30)
    shared.ready.release()
    shared.begin.wait()
    begun_ns = clock()
    limiter = UniformRateLimiter(spec["rate_per_s"] / spec["producers"]) if spec["rate_per_s"] else None
    for _ in range(share):
        if limiter:
            intended_ns = limiter.acquire()
            while clock() < intended_ns:
                producer.poll(0)
        while True:
            try:
                producer.produce(topic, value, on_delivery=reporter(clock()))
                break
            except BufferError:
                producer.poll(0.01)
        producer.poll(0)
    failed += producer.flush(30)
    shared.results.put({"failed": failed, "load_s": (clock() - begun_ns) / 1e9, "times": times.found()})


def consume(spec, nth, subscription, shared):
    consumer = Consumer({**spec["consumer"], "group.id": f"{spec['group']}-{subscription}"})
    assigned = []
    consumer.subscribe([spec["topic"]], on_assign=lambda _consumer, partitions: assigned.append(partitions))
    times, first_s, last_s, received = Times(), None, None, 0

    def take(messages):
        nonlocal first_s, last_s, received
        if not messages:
            return
        for message in messages:
            if message.error():
                raise RuntimeError(message.error())
            times.add(time.time_ns() - message.timestamp()[1] * 1_000_000)
        last_s = time.perf_counter()
        first_s = first_s or last_s
        received += len(messages)
        shared.done[nth] = received

    # A batch waits for its last message: paced they come one by one.
    def several():
        return consumer.consume(BATCH, timeout=0.01)

    def single():
        message = consumer.poll(0.01)
        return [] if message is None else [message]

    fetch = single if spec["rate_per_s"] else several
    while not assigned:
        take(fetch())
    shared.ready.release()
    while not shared.end.is_set():
        take(fetch())
    consumer.close()
    load_s = last_s - first_s if received else 0
    shared.results.put({"subscription": subscription, "received": received, "load_s": load_s, "times": times.found()})


def percentiles_ms(results):
    """Of the times of all results together."""
    counts = {}
    for result in results:
        for bucket, count in result["times"].items():
            counts[bucket] = counts.get(bucket, 0) + count
    total, passed, found = sum(counts.values()), 0, {}
    for bucket in sorted(counts):
        passed += counts[bucket]
        for name, share in PERCENTILES.items():
            if name not in found and passed >= share * total:
                found[name] = (bucket + 1) * BUCKET_NS / 1e6
    return found


def await_end(spec, shared, clients):
    """Until all is acknowledged and each subscription has had it, or nothing moves any more."""
    producers = spec["producers"]
    want = spec["messages"] * ((producers > 0) + spec["subscriptions"])
    before, moved_s = -1, time.monotonic()
    while True:
        done = list(shared.done)
        print("progress", sum(done[:producers]) if producers else sum(done), flush=True)
        if sum(done) >= want:
            return
        if sum(done) != before:
            before, moved_s = sum(done), time.monotonic()
        if time.monotonic() > moved_s + PATIENCE_S:
            raise SystemExit(f"nothing has come for {PATIENCE_S} s: {done} of {spec['messages']}")
        gone = [client.exitcode for client in clients if client.exitcode]
        if gone:
            raise SystemExit(f"clients have ended with {gone}")
        time.sleep(LOOK_S)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        spec = json.load(file)
    context = multiprocessing.get_context("fork")
    producers, subscriptions = spec["producers"], spec["subscriptions"]
    each = spec["consumers_per_subscription"]
    count = producers + subscriptions * each
    shared = Shared(context, count)
    clients = [context.Process(target=produce, args=(spec, nth, shared), daemon=True) for nth in range(producers)]
    clients += [
        context.Process(target=consume, args=(spec, nth, (nth - producers) // each, shared), daemon=True)
        for nth in range(producers, count)
    ]
    for client in clients:
        client.start()
    for _ in clients:
        if not shared.ready.acquire(timeout=PATIENCE_S):
            raise SystemExit(f"not all clients were ready within {PATIENCE_S} s")
    shared.begin.set()
    await_end(spec, shared, clients)
    shared.end.set()
    results = [shared.results.get() for _ in clients]
    for client in clients:
        client.join()
    sent = [result for result in results if "failed" in result]
    received = [result for result in results if "received" in result]
    print(json.dumps({
        "acknowledged": sum(shared.done[:producers]),
        "failed": sum(result["failed"] for result in sent),
        "received": [
            sum(result["received"] for result in received if result["subscription"] == nth)
            for nth in range(subscriptions)
        ],
        "load_s": max(result["load_s"] for result in sent or received),
        "publish_ms": percentiles_ms(sent),
        "end_to_end_ms": percentiles_ms(received),
    }))


if __name__ == "__main__":
    main()
