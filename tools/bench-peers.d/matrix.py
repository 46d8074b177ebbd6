"""The cases: what is done, in which combinations, and the settings that all tools share.

Leaves out: how a tool is told about them (librdkafka.py, java.py, python_peer.py, pinload.py).
"""

from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import product

MODES = ("produce", "consume", "both", "paced")
SIZES_BYTES = (100, 1024)
ACKS = ("0", "1", "all")
PARTITIONS = (1, 12)
COMPRESSIONS = ("none", "lz4", "zstd")
CLIENTS = (1, 2, 4)
# pinload's consumers take as many messages at a time (src/driver/kafka/native/consume.rs).
CONSUME_BATCH = 300
# A paced run is so much longer than one at unlimited rate: it is JVMs and percentiles that need the time.
PACED_TIMES = 5
# Rates of the paced ladder, msg/s, with one client of each kind.
LADDER_PER_S = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


@dataclass(frozen=True)
class Case:
    """One piece of work that every tool does."""

    mode: str
    size_bytes: int = 100
    acks: str = "1"
    partitions: int = 1
    compression: str = "none"
    # Producers, consumers (of each subscription), or that many of each.
    clients: int = 1
    subscriptions: int = 1
    # Of all producers together; 0: as fast as it goes.
    rate_per_s: int = 0
    tls: bool = False

    @property
    def name(self):
        size = f"{self.size_bytes}B" if self.size_bytes % 1024 else f"{self.size_bytes // 1024}KB"
        parts = [self.mode, size, f"acks{self.acks}", f"{self.partitions}p", self.compression, f"{self.clients}c"]
        parts += [f"{self.subscriptions}s"] if self.subscriptions > 1 else []
        parts += [f"{self.rate_per_s}-per-s"] if self.rate_per_s else []
        return "-".join(parts + ["tls"] * self.tls)

    def possible(self):
        """Several consumers of one group need several partitions; without a producer nobody acknowledges."""
        consumes = self.mode != "produce"
        if consumes and self.clients > 1 and self.partitions < self.clients:
            return False
        return self.mode != "consume" or self.acks == "1"

    def load_s(self, seconds):
        """How long its load runs, where one at unlimited rate runs for so long."""
        return seconds * PACED_TIMES if self.mode == "paced" else seconds


def paced(rate_per_s, clients=1, subscriptions=1, partitions=1):
    """As OMB's own workloads and driver files have it: 1 KB, acks=all."""
    return Case("paced", 1024, "all", partitions, clients=clients, subscriptions=subscriptions, rate_per_s=rate_per_s)


def stated():
    """The default set: the three headline cases, each with one thing changed, TLS, and two paced ones."""
    for mode in MODES[:3]:
        yield Case(mode)
        yield Case(mode, size_bytes=1024)
        if mode != "consume":
            yield Case(mode, acks="0")
            yield Case(mode, acks="all")
        yield Case(mode, partitions=12)
        if mode == "both":
            yield Case(mode, acks="all", partitions=12)
        yield Case(mode, compression="lz4")
        yield Case(mode, compression="zstd")
        # Several consumers share partitions, so there must be some to share.
        partitions = 1 if mode == "produce" else 12
        yield Case(mode, partitions=partitions, clients=2)
        yield Case(mode, partitions=partitions, clients=4)
    yield Case("produce", size_bytes=1024, tls=True)
    yield paced(5_000)
    yield paced(20_000, clients=4, subscriptions=2, partitions=8)


def quick():
    """One of each mode."""
    yield from (Case(mode) for mode in MODES[:3])
    yield paced(5_000)


def everything():
    """Every combination that is possible, the ladder of rates, and what the stated set has besides."""
    cases = (Case(*values) for values in product(MODES[:3], SIZES_BYTES, ACKS, PARTITIONS, COMPRESSIONS, CLIENTS))
    ladder = (paced(rate_per_s) for rate_per_s in LADDER_PER_S)
    return dict.fromkeys([*(case for case in cases if case.possible()), *ladder, *stated()])


def chosen(cases, patterns):
    """Those whose name matches one of the patterns (shell wildcards; a plain word matches as a part of the name)."""
    if not patterns:
        return list(cases)

    def matches(name, pattern):
        return fnmatch(name, pattern if any(c in pattern for c in "*?[") else f"*{pattern}*")

    return [case for case in cases if any(matches(case.name, pattern) for pattern in patterns)]


def payload(size_bytes):
    """The one payload that all messages of all tools carry: half of it letters that do not repeat, half spaces.

    pinload writes its 48-byte stamp over the begin of each copy.
    """
    # A linear congruential generator (Numerical Recipes): the same text everywhere, always.
    state, letters = 1, []
    for _ in range(size_bytes // 2):
        state = (state * 1664525 + 1013904223) % 2**32
        letters.append(chr(ord("a") + (state >> 16) % 26))
    return "".join(letters).ljust(size_bytes - 1) + "."


def batching(case):
    """In both libraries' words. Paced: OMB's own driver file."""
    paced_so = {"linger.ms": "1", "batch.size": "131072"}
    return paced_so if case.mode == "paced" else {"linger.ms": "5", "batch.size": "1000000"}


def producer_settings(case):
    """librdkafka's names; pinload, rdkafka_performance and the Python clients get exactly these."""
    return {
        "acks": case.acks,
        "enable.idempotence": "false",
        **batching(case),
        "batch.num.messages": "10000",
        "queue.buffering.max.messages": "100000",
        "queue.buffering.max.kbytes": "1048576",
        "compression.type": case.compression,
        "message.send.max.retries": "2147483647",
        "retry.backoff.ms": "100",
        "enable.metrics.push": "false",
    }


def consumer_settings():
    """librdkafka's names; pinload, rdkafka_performance and the Python clients get exactly these."""
    return {
        "auto.offset.reset": "earliest",
        "enable.auto.commit": "true",
        "auto.commit.interval.ms": "5000",
        "session.timeout.ms": "45000",
        "queued.min.messages": "1000000",
        "queued.max.messages.kbytes": "65536",
        "fetch.queue.backoff.ms": "10",
        "fetch.message.max.bytes": "1048576",
        "check.crcs": "false",
        "enable.metrics.push": "false",
    }


def wire_settings(settings):
    """Those of the above that the wire driver has, by the names that it knows: it joins no group and reads nothing
    ahead."""
    names = {"message.send.max.retries": "retries", "fetch.message.max.bytes": "max.partition.fetch.bytes"}
    lacks = ("session.timeout.ms", "queued.min.messages", "queued.max.messages.kbytes")
    return {names.get(name, name): value for name, value in settings.items() if name not in lacks}


def java_producer_settings(case):
    """What the Java producer calls the same; its memory for unsent messages is its own default."""
    return {
        "acks": case.acks,
        "enable.idempotence": "false",
        **batching(case),
        "compression.type": case.compression,
        "enable.metrics.push": "false",
    }


def java_consumer_settings():
    """What the Java consumer calls the same."""
    return {
        "auto.offset.reset": "earliest",
        "enable.auto.commit": "true",
        "auto.commit.interval.ms": "5000",
        "session.timeout.ms": "45000",
        "max.partition.fetch.bytes": "1048576",
        "check.crcs": "false",
        "enable.metrics.push": "false",
    }
