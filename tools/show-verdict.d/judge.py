"""Runs a case and compares what was said with what was done."""

import itertools

import cases
import run as runs
from truth import TOLERANCE_S, wait

# Events that must not be told unless they were made.
MADE = {"broker_died", "unreachable", "broker_stall", "generator_stall", "failed", "duplicated", "corrupt"}
MADE |= {"topic_gone"}
_numbers = itertools.count(1)


def judged(case, pool, binary, folder):
    """The row of a case."""
    here = folder / f"case-{next(_numbers)}"
    here.mkdir()
    topic = here.name
    broker = None if case.embedded else _broker(case, pool, topic)
    running = _start(case, broker, binary, here, topic)
    try:
        running.wait_for("measurement begins")
        wait(cases.BEFORE_S)
        truth = case.act(running, broker)
        code, printed = running.end()
    finally:
        running.kill()
        if case.own_kafka:
            pool.end(broker)
        if broker and case.broker_apart | case.apart:
            runs.pin_all(broker.pid, {cases.FIRST, cases.SECOND})
    detail = running.detail()
    epoch_s = detail["measurement"]["epoch_raw_ns"] / 1e9
    system, wrong = detail["system"], []
    if system["outcome"] not in truth.outcomes:
        wrong.append(f"it is {system['outcome']}, not {' or '.join(truth.outcomes)}")
    if code not in truth.codes:
        wrong.append(f"exit code {code}")
    if system["sentence"] not in printed:
        wrong.append("the sentence is not printed")
    compared = [_compare(told, system["events"], epoch_s, case, wrong) for told in truth.events]
    expected = {told.kind for told in truth.events}
    others = [event for event in system["events"] if event["event"] in MADE - expected - {*truth.may_tell}]
    wrong += [f"and says: {event['text']}" for event in others]
    if truth.taken_per_s:
        wrong += _taken(detail, *truth.taken_per_s)
    word = system["outcome"].upper().replace("_", " ")
    return {
        "case": case.name, "broker": case.broker, "sentence": f"{word}: {system['sentence']}", "exit_code": code,
        "compared": [each for each in compared if each], "right": not wrong, "wrong": wrong, "events": system["events"],
        "errors": system["errors"], "verdict": detail["verdict"]["verdict"],
    }


def not_made(case, why):
    """The row of a case that could not be made."""
    nothing = {"compared": [], "events": [], "errors": [], "exit_code": None, "verdict": None}
    return {"case": case.name, "broker": case.broker, "sentence": "–", "right": False, "wrong": [why], **nothing}


def _broker(case, pool, topic):
    if case.broker == "mock":
        more = {"topic_gone": {"topic": topic}}
        faults = [{"at_ms": at_ms, "fault": fault, **more.get(fault, {})} for fault, at_ms in case.faults]
        broker = pool.mock(topic, faults)
    else:
        broker = pool.real(case.own_kafka)
        broker.create(topic)
        if case.quota_bytes_per_s:
            broker.limit(case.client_id, case.quota_bytes_per_s)
    if case.apart or case.broker_apart:
        runs.pin_all(broker.pid, {cases.FIRST})
    return broker


def _start(case, broker, binary, here, topic):
    where = ["--embedded"] if case.embedded else ["--bootstrap", broker.address, "--topics", topic]
    client = ["--property", f"client.id={case.client_id}"] if case.client_id else []
    settings = ["producer.linger.ms=1"]
    settings += [] if case.embedded else ["producer.acks=all", "consumer.auto.offset.reset=earliest"]
    properties = [word for setting in settings for word in ("--property", setting)]
    shape = ["--producers", "2", "--consumers", "1", "--partitions", "1"]
    shape += ["--rate", str(case.rate), "--size", str(case.size)]
    times = ["--warmup", "0s", "--duration", f"{case.length_s}s", "--no-progress", "--no-report"]
    # What a busy machine does to the rate is not the matter here.
    patient = ["--threshold", "rate-missed-share=0.1", "--threshold", "backlog-s=5"]
    argv = [str(binary), "run", *where, *shape, *times, *patient, *properties, *client, *case.options]
    run = runs.Run(argv, here, {cases.SECOND} if case.apart else None)
    run.topic = topic
    return run


def _compare(told, events, epoch_s, case, wrong):
    """Begin and length as named against the truth, in words; adds what is wrong."""
    found = [event for event in events if event["event"] == told.kind]
    if told.begin_s is None:
        if not found:
            wrong.append(f"no {told.kind}")
        return None
    begin_s = told.begin_s - epoch_s
    end_s = case.length_s if told.to_the_end else told.end_s and told.end_s - epoch_s
    if told.share is not None:
        return _several(told, found, begin_s, end_s, wrong)
    if len(found) != 1:
        wrong.append(f"{len(found)} × {told.kind}, one in truth")
        return None
    [event] = found
    length_s = None if end_s is None else end_s - begin_s
    until_s = begin_s if told.begin_until_s is None else told.begin_until_s - epoch_s
    said_s = event["begin_s"]
    if said_s is None or not begin_s - TOLERANCE_S <= said_s <= until_s + TOLERANCE_S:
        wrong.append(f"{told.kind} begins at {said_s} s, in truth at {begin_s:.2f} s")
    told_s = event["length_s"]
    slack_s = TOLERANCE_S + until_s - begin_s
    if length_s is not None and (told_s is None or abs(told_s - length_s) > slack_s):
        wrong.append(f"{told.kind} takes {told_s} s, in truth {length_s:.2f} s")
    if told.who is not None and tuple(event["who"]) != told.who:
        wrong.append(f"{told.kind} was seen by {event['who']}")
    return _times(told.kind, (event["begin_s"], begin_s), (told_s, length_s))


def _times(kind, begin, length):
    (begin_s, true_begin_s), (length_s, true_length_s) = begin, length
    return {
        "event": kind, "begin_s": begin_s, "true_begin_s": true_begin_s, "length_s": length_s,
        "true_length_s": true_length_s,
    }


def _several(told, found, begin_s, end_s, wrong):
    spans = sorted((event["begin_s"], event["begin_s"] + event["length_s"]) for event in found)
    outside = [span for span in spans if span[0] < begin_s - TOLERANCE_S or span[1] > end_s + TOLERANCE_S]
    if outside:
        first, last = outside[0]
        wrong.append(f"{told.kind} from {first:.2f} to {last:.2f} s, in truth {begin_s:.2f} to {end_s:.2f} s")
    covered_s, reached_s = 0.0, begin_s
    for begin, end in spans:
        covered_s += max(0.0, end - max(begin, reached_s))
        reached_s = max(reached_s, end)
    if covered_s < told.share * (end_s - begin_s):
        wrong.append(f"{told.kind}: {covered_s:.2f} s of {end_s - begin_s:.2f} s")
    first = spans[0][0] if spans else None
    return _times(told.kind, (first, begin_s), (covered_s, end_s - begin_s))


def _taken(detail, true_per_s, tolerance):
    rate = detail["measurement"]["publish_rate_per_s"]
    if rate is None or abs(rate / true_per_s - 1) > tolerance:
        return [f"it took {rate}/s, in truth {true_per_s}/s"]
    return []


def markdown(document):
    """The table for people."""
    rows = document["cases"]
    right = sum(row["right"] for row in rows)
    where = f"{document['machine']['cpus']} CPUs ({document['machine']['cpu_model']})"
    lines = [
        f"{right} of {len(rows)} right, {document['date']}, {where}, {document['pinload']}.", "",
        "| case | broker | it says | begin, in truth, s | length, in truth, s | exit code | |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        times = [_pair(row["compared"], name) for name in ("begin_s", "length_s")]
        right = "right" if row["right"] else "WRONG"
        cells = [row["case"], row["broker"], row["sentence"], *times, str(row["exit_code"]), right]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _pair(compared, name):
    pairs = [(each[name], each[f"true_{name}"]) for each in compared]
    pairs = [pair for pair in pairs if None not in pair]
    return "<br>".join(f"{said:.2f}, {true:.2f}" for said, true in pairs) or "–"
