"""pinload itself, with everything it measures switched on; with its stamp off where payloads are compressed; with the
wire driver."""

import json
from pathlib import Path

import figures
import matrix
from process import Job, ToolError

# The Python guide's class: properties are librdkafka's, and what is left out has librdkafka's defaults.
DRIVER_CLASS = "benchmark.driver_kafka.kafka_benchmark_driver.KafkaBenchmarkDriver"


# A latency's name in OMB's result, by ours.
OMB_PERCENTILES = {"p50": "50pct", "p99": "99pct", "p999": "999pct"}


class Pinload:
    """`pinload run` on an existing topic, at unlimited rate or paced, for a stated time."""

    def __init__(self, binary, load_s, more=(), quick=False):
        self.binary, self.load_s, self.more, self.quick = str(binary), load_s, list(more), quick

    @property
    def name(self):
        return " ".join(["pinload", *self.more])

    @property
    def wire(self):
        return "wire" in self.more

    def run(self, case, topic, _messages, runner):
        folder = runner.folder
        result = folder / "pinload.json"
        (folder / "driver.yaml").write_text(driver(case, runner.endpoint(case), self.wire), encoding="utf-8")
        (folder / "workload.yaml").write_text(workload(case, topic), encoding="utf-8")
        # librdkafka takes up to a second to fetch again from partitions that were paused until the load began; the
        # peers count from their first message.
        warm_up = "0s" if case.mode == "produce" else "3s" if self.quick and case.mode == "consume" else "1s"
        # What reads many times faster would come to the end of the topic.
        fast = self.wire and case.mode == "consume" and not self.quick
        load_s = self.load_s / 2 if fast else self.load_s
        rate = ["--rate", str(case.rate_per_s), "--rate-scope", "total"] if case.rate_per_s else ["--rate", "unlimited"]
        argv = ["run", "--no-progress", "--quiet", "--no-report", *rate, *self.more, "--warmup", warm_up,
                "--duration", f"{round(load_s * 1000)}ms", "-d", "driver.yaml", "-o", str(result), "workload.yaml"]
        [done] = runner([Job([self.binary, *argv])])
        detail = json.loads(Path(result).with_suffix(".detail").read_text(encoding="utf-8"))
        omb = json.loads(Path(result).read_text(encoding="utf-8")) if case.rate_per_s else {}
        return read(done, detail, omb, case, self.quick)


def read(done, detail, omb, case, quick):
    """Figures from the detail file. All messages of the run count against all its CPU time; the rate is the
    measurement's, except where only is tried whether all works: there the topic may be read before the measurement
    begins, and the warm-up counts too. Latencies of a paced run are those of the file in OMB's form."""
    if detail["outcome"]["outcome"] != "completed":
        raise ToolError(f"pinload: {detail['outcome']}")
    measured = detail["measurement"]
    whole = measured["counters_whole_run"]
    failed = whole["messages_failed"] + whole["messages_unknown"]
    if failed:
        raise ToolError(f"pinload: {failed} messages failed")
    counter = "messages_received" if case.mode in ("consume", "both") else "messages_acknowledged"
    received, acknowledged = whole["messages_received"], whole["messages_acknowledged"]
    if case.mode in ("both", "paced") and received != acknowledged * case.subscriptions:
        by = f"{case.subscriptions} subscriptions"
        raise ToolError(f"pinload: {acknowledged} acknowledged, {received} received by {by}")
    done.progress = timeline(detail, counter)
    progressing = [] if case.mode == "both" else None
    messages, load_s = measured["counters"][counter], measured["measured_s"]
    if quick:
        messages, load_s = whole[counter], load_s + measured["measurement_start_s"]
    publish, end_to_end = [
        {name: omb.get(f"aggregated{what}Latency{ending}") for name, ending in OMB_PERCENTILES.items()}
        for what in ("Publish", "EndToEnd")
    ]
    times = figures.latencies(publish, end_to_end)
    return figures.run([done], whole[counter], messages, load_s, case.size_bytes, progressing, times)


def timeline(detail, counter):
    """(raw seconds, messages so far) at the end of each second, all clients added."""
    epoch_s = detail["measurement"]["epoch_raw_ns"] / 1e9
    measured_s = detail["measurement"]["measurement_start_s"] + detail["measurement"]["measured_s"]
    clients = [client["timeline"] for client in detail["clients"] if counter in client["timeline"]["counters"]]
    seconds = [[at_s for at_s in each["at_s"] if 0 < at_s < measured_s + 0.5] for each in clients]
    series = [(epoch_s, 0)]
    for nth in range(min((len(each) for each in seconds), default=0)):
        at_s = sum(each[nth] for each in seconds) / len(seconds)
        series.append((epoch_s + at_s, series[-1][1] + sum(each["counters"][counter][nth] for each in clients)))
    return series


def driver(case, endpoint, wire):
    """A driver file with the settings of matrix.py."""
    def lines(settings):
        known = matrix.wire_settings(settings) if wire else settings
        return "".join(f"  {name}={value}\n" for name, value in known.items())

    return (
        f"name: bench\ndriverClass: {DRIVER_CLASS}\nreplicationFactor: 1\ntopicConfig: \"\"\n"
        f"commonConfig: |\n{lines({'bootstrap.servers': endpoint.address, **endpoint.librdkafka()})}"
        f"producerConfig: |\n{lines(matrix.producer_settings(case))}"
        f"consumerConfig: |\n{lines(matrix.consumer_settings())}"
    )


def workload(case, topic):
    """A workload file; the topic exists, so that all tools find the same."""
    produces, consumes = case.mode != "consume", case.mode != "produce"
    keys = {
        "name": "bench",
        "existingTopicList": f"[{topic}]",
        "messageSize": case.size_bytes,
        "payloadFile": f"payload-{case.size_bytes}",
        "producersPerTopic": case.clients if produces else 0,
        "subscriptionsPerTopic": case.subscriptions if consumes else 0,
        "testDurationMinutes": 1,
    }
    if produces:
        keys["producerRate"] = 1  # replaced by --rate
    if consumes:
        keys["consumerPerSubscription"] = case.clients
    return "".join(f"{key}: {value}\n" for key, value in keys.items())
