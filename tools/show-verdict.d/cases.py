"""The cases: what is done to a broker or to the clients in the middle of the load, and what a run must say of it."""

import signal
from dataclasses import dataclass

import run as runs
from truth import Told, Truth, wait

STOP, GO_ON, KILL = signal.SIGSTOP, signal.SIGCONT, signal.SIGKILL
CLIENTS = ("producer 0", "producer 1", "consumer 0")
PRODUCERS = CLIENTS[:2]
# Some load before anything is done, and a while until all is as usual again.
BEFORE_S, AFTER_S = 2, 2
HELD, DID_NOT_HOLD, FAILED = ("held",), ("did_not_hold",), ("failed",)
FINE, SYSTEM_FAILED = (0,), (10,)
# The first CPU is the brokers', the second the clients', where one of the two is taken.
FIRST, SECOND = 0, 1


@dataclass
class Case:
    """`act` does it to a running load and returns the truth."""

    name: str
    broker: str
    act: object
    length_s: int
    options: tuple = ()
    rate: int = 200
    # Bytes of a message.
    size: int = 100
    client_id: str = None
    # Of the mock: what goes wrong with it, ms after it has told its address → faults
    faults: tuple = ()
    embedded: bool = False
    # What is particular to a Kafka of its own, see brokers.Kafka; none: the one that serves all cases.
    own_kafka: dict = None
    quota_bytes_per_s: int = None
    # The CPUs of the broker and of pinload
    apart: bool = False
    broker_apart: bool = False


def _stalled(begin_s, end_s):
    return Truth(DID_NOT_HOLD, FINE, (Told("broker_stall", begin_s, end_s, CLIENTS),))


def _stop_broker(seconds):
    def act(_run, broker):
        runs.tell([broker.pid], STOP)
        begin_s, end_s = wait(seconds)
        runs.tell([broker.pid], GO_ON)
        return _stalled(begin_s, end_s)

    return act


def _kill_embedded(run, _broker):
    runs.tell(run.children("embedded-broker"), KILL)
    begin_s, _ = wait(0)
    return Truth(FAILED, SYSTEM_FAILED, (Told("broker_died", begin_s),))


def _kill_kafka(run, broker):
    runs.tell([broker.pid], KILL)
    begin_s, _ = wait(0)
    return Truth(FAILED, SYSTEM_FAILED, (Told("unreachable", begin_s, run.wait_for("answered nobody"), PRODUCERS),))


def _restart_mock(_run, broker):
    return _stalled(broker.fault(0), broker.fault(1))


def _restart_kafka(run, broker):
    return _stalled(*broker.restart(run.topic))


def _fill_disk(run, broker):
    full_s, dead_s = broker.full_and_dead_s()
    gone = Told("unreachable", full_s, run.wait_for("answered nobody"), PRODUCERS, begin_until_s=dead_s)
    return Truth(FAILED, SYSTEM_FAILED, (gone,))


def _delete_on_mock(_run, broker):
    return _deleted(broker.fault(0))


def _delete_on_kafka(run, broker):
    return _deleted(*broker.delete(run.topic))


def _deleted(begin_s, until_s=None):
    return Truth(FAILED, SYSTEM_FAILED, (Told("topic_gone", begin_s, begin_until_s=until_s, to_the_end=True),))


def _limit(run, _broker):
    # A broker that throttles answers later, and lets the first seconds pass.
    taken_per_s = (QUOTA / BYTES_OF_A_RECORD, 0.5)
    return Truth(DID_NOT_HOLD, FINE, (Told("below_target"),), ("broker_stall",), taken_per_s=taken_per_s)


def _stop_clients(which, seconds, names):
    def act(run, _broker):
        stopped = which(run.clients())
        runs.tell(stopped, STOP)
        begin_s, end_s = wait(seconds)
        runs.tell(stopped, GO_ON)
        return Truth(HELD, FINE, (Told("generator_stall", begin_s, end_s, names),))

    return act


def _take_cpu(seconds):
    def act(_run, _broker):
        taken = runs.Taken(SECOND)
        begin_s, end_s = wait(seconds)
        taken.end()
        # A real-time thread leaves 5 % of each second to others.
        share = 0.7 if taken.complete else 0.0
        return Truth(HELD, FINE, (Told("generator_stall", begin_s, end_s, share=share),))

    return act


def _both(run, broker):
    producer = run.clients()[:1]
    runs.tell(producer, STOP)
    client_begin_s, broker_begin_s = wait(1)
    runs.tell([broker.pid], STOP)
    _, client_end_s = wait(1)
    runs.tell(producer, GO_ON)
    _, broker_end_s = wait(2)
    runs.tell([broker.pid], GO_ON)
    of_client = Told("generator_stall", client_begin_s, client_end_s, PRODUCERS[:1])
    of_broker = Told("broker_stall", broker_begin_s, broker_end_s, CLIENTS)
    return Truth(DID_NOT_HOLD, FINE, (of_client, of_broker))


SOON = ("--unreachable-timeout", "3s")
# Clients that look for the broker again at once: what their own patience adds is no stall of its.
AT_ONCE = ("--property", "reconnect.backoff.ms=20", "--property", "reconnect.backoff.max.ms=50")
# What is left in the queue at the end is sent within the limit of the flush.
FEW = ("--property", "producer.queue.buffering.max.messages=500")
LIBRARY_APART = ("--cpus", str(FIRST), "--io-cpus", str(SECOND))
# A broker that takes its time to start on a busy machine is waited for, and nothing comes twice.
KEEPS = (*AT_ONCE, "--unreachable-timeout", "120s", "--property", "producer.enable.idempotence=true")
QUOTA = 20_000
# A value of 100 bytes with its record, and its part of a batch of some dozen.
BYTES_OF_A_RECORD = 114


def _of_both(name, act, length_s, **more):
    return [Case(name, broker, act, length_s, **more) for broker in ("mock", "kafka")]


ALL = [
    Case("broker killed", "mock", _kill_embedded, 60, embedded=True),
    *_of_both("broker stopped for 2 s", _stop_broker(2), 6),
    *_of_both("broker stopped for 10 s", _stop_broker(10), 14),
    Case("broker restarted", "mock", _restart_mock, 14, AT_ONCE, faults=(("down", 8_000), ("up", 11_000))),
    Case("broker restarted", "kafka", _restart_kafka, 50, KEEPS, own_kafka={"session_s": 9}),
    Case("disk full", "kafka", _fill_disk, 60, SOON, rate=8_000, size=1_000, own_kafka={"disk_mib": 40}),
    Case("topic deleted", "mock", _delete_on_mock, 11, faults=(("topic_gone", 8_000),)),
    Case("topic deleted", "kafka", _delete_on_kafka, 7),
    Case("quota below the target", "kafka", _limit, 10, FEW, rate=1_000, client_id="limited", quota_bytes_per_s=QUOTA),
    *_of_both("a producer stopped for 2 s", _stop_clients(lambda all_: all_[1:2], 2, PRODUCERS[1:]), 7),
    *_of_both("all clients stopped for 4 s", _stop_clients(lambda all_: all_, 4, CLIENTS), 13, options=SOON),
    *_of_both("clients' CPU taken for 2 s", _take_cpu(2), 7, apart=True),
    *_of_both("CPU of librdkafka's threads taken for 2 s", _take_cpu(2), 7, options=LIBRARY_APART, broker_apart=True),
    *_of_both("producer and broker stopped", _both, 9),
    Case("broker killed", "kafka", _kill_kafka, 60, SOON),
]
