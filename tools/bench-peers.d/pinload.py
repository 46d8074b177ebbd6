"""pinload itself, with everything it measures switched on, and with its stamp off where payloads are compressed."""

import json
from pathlib import Path

import figures
import matrix
from process import Job, ToolError

# The Python guide's class: properties are librdkafka's, and what is left out has librdkafka's defaults.
DRIVER_CLASS = "benchmark.driver_kafka.kafka_benchmark_driver.KafkaBenchmarkDriver"


class Pinload:
    """`pinload run` on an existing topic, at unlimited rate, for a stated time."""

    def __init__(self, binary, broker_address, load_s, stamp=True, quick=False):
        self.binary, self.address, self.load_s, self.stamp, self.quick = str(binary), broker_address, load_s, stamp, quick

    @property
    def name(self):
        return "pinload" if self.stamp else "pinload --no-stamp"

    def run(self, case, topic, _messages, runner):
        folder = runner.folder
        result = folder / "pinload.json"
        (folder / "driver.yaml").write_text(driver(case, self.address), encoding="utf-8")
        (folder / "workload.yaml").write_text(workload(case, topic), encoding="utf-8")
        # librdkafka takes up to a second to fetch again from partitions that were paused until the load began; the
        # peers count from their first message.
        warm_up = "0s" if case.mode == "produce" else "3s" if self.quick and case.mode == "consume" else "1s"
        argv = ["run", "--no-progress", "--quiet", "--rate", "unlimited", "--warmup", warm_up, "--duration", f"{round(self.load_s * 1000)}ms",
                "-d", "driver.yaml", "-o", str(result), "workload.yaml"]
        if not self.stamp:
            argv.append("--no-stamp")
        [done] = runner([Job([self.binary, *argv])])
        detail = json.loads(Path(result).with_suffix(".detail").read_text(encoding="utf-8"))
        return read(done, detail, case, self.quick)


def read(done, detail, case, quick):
    """Figures from the detail file. All messages of the run count against all its CPU time; the rate is the measurement's, except where
    only is tried whether all works: there the topic may be read before the measurement begins, and the warm-up counts too."""
    if detail["outcome"]["outcome"] != "completed":
        raise ToolError(f"pinload: {detail['outcome']}")
    measured = detail["measurement"]
    whole = measured["counters_whole_run"]
    failed = whole["messages_failed"] + whole["messages_unknown"]
    if failed:
        raise ToolError(f"pinload: {failed} messages failed")
    received = case.mode != "produce"
    counter = "messages_received" if received else "messages_acknowledged"
    if case.mode == "both" and whole["messages_received"] != whole["messages_acknowledged"]:
        raise ToolError(f"pinload: {whole['messages_acknowledged']} acknowledged, {whole['messages_received']} received")
    done.progress = timeline(detail, counter)
    progressing = [] if case.mode == "both" else None
    messages, load_s = measured["counters"][counter], measured["measured_s"]
    if quick:
        messages, load_s = whole[counter], load_s + measured["measurement_start_s"]
    return figures.run([done], whole[counter], messages, load_s, case.size_bytes, progressing)


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


def driver(case, address):
    """A driver file with the settings of matrix.py."""
    lines = lambda settings: "".join(f"  {name}={value}\n" for name, value in settings.items())
    return (
        f"name: bench\ndriverClass: {DRIVER_CLASS}\nreplicationFactor: 1\ntopicConfig: \"\"\n"
        f"commonConfig: |\n  bootstrap.servers={address}\n"
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
        "subscriptionsPerTopic": 1 if consumes else 0,
        "testDurationMinutes": 1,
    }
    if produces:
        keys["producerRate"] = 1  # replaced by --rate unlimited
    if consumes:
        keys["consumerPerSubscription"] = case.clients
    return "".join(f"{key}: {value}\n" for key, value in keys.items())
