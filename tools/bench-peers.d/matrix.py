"""The cases: what is done, in which combinations, and the settings that all tools share.

Leaves out: how a tool is told about them (librdkafka.py, java.py, pinload.py).
"""

from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import product

MODES = ("produce", "consume", "both")
SIZES_BYTES = (100, 1024)
ACKS = ("0", "1", "all")
PARTITIONS = (1, 12)
COMPRESSIONS = ("none", "lz4", "zstd")
CLIENTS = (1, 2, 4)
# pinload's consumers take as many messages at a time (src/driver/kafka/native/consume.rs).
CONSUME_BATCH = 300


@dataclass(frozen=True)
class Case:
    """One piece of work that every tool does."""

    mode: str
    size_bytes: int = 100
    acks: str = "1"
    partitions: int = 1
    compression: str = "none"
    # Producers, consumers, or that many of each.
    clients: int = 1

    @property
    def name(self):
        size = f"{self.size_bytes}B" if self.size_bytes % 1024 else f"{self.size_bytes // 1024}KB"
        return f"{self.mode}-{size}-acks{self.acks}-{self.partitions}p-{self.compression}-{self.clients}c"

    def possible(self):
        """Several consumers of one group need several partitions; without a producer nobody acknowledges."""
        consumes = self.mode != "produce"
        if consumes and self.clients > 1 and self.partitions < self.clients:
            return False
        return self.mode != "consume" or self.acks == "1"


def stated():
    """The default set: the three headline cases, and each with one thing changed."""
    for mode in MODES:
        yield Case(mode)
        yield Case(mode, size_bytes=1024)
        if mode != "consume":
            yield Case(mode, acks="0")
            yield Case(mode, acks="all")
        yield Case(mode, partitions=12)
        yield Case(mode, compression="lz4")
        yield Case(mode, compression="zstd")
        # Several consumers share partitions, so there must be some to share.
        partitions = 1 if mode == "produce" else 12
        yield Case(mode, partitions=partitions, clients=2)
        yield Case(mode, partitions=partitions, clients=4)


def everything():
    """Every combination that is possible."""
    cases = (Case(*values) for values in product(MODES, SIZES_BYTES, ACKS, PARTITIONS, COMPRESSIONS, CLIENTS))
    return (case for case in cases if case.possible())


def chosen(cases, patterns):
    """Those whose name matches one of the patterns (shell wildcards; a plain word matches as a part of the name)."""
    if not patterns:
        return list(cases)
    matches = lambda name, pattern: fnmatch(name, pattern if any(c in pattern for c in "*?[") else f"*{pattern}*")
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


def producer_settings(case):
    """librdkafka's names; pinload and rdkafka_performance get exactly these."""
    return {
        "acks": case.acks,
        "enable.idempotence": "false",
        "linger.ms": "5",
        "batch.size": "1000000",
        "batch.num.messages": "10000",
        "queue.buffering.max.messages": "100000",
        "queue.buffering.max.kbytes": "1048576",
        "compression.type": case.compression,
        "message.send.max.retries": "2147483647",
        "retry.backoff.ms": "100",
        "enable.metrics.push": "false",
    }


def consumer_settings():
    """librdkafka's names; pinload and rdkafka_performance get exactly these."""
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


def java_producer_settings(case):
    """What the Java producer calls the same; its memory for unsent messages is its own default."""
    return {
        "acks": case.acks,
        "enable.idempotence": "false",
        "linger.ms": "5",
        "batch.size": "1000000",
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
