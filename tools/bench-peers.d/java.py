"""Kafka's own kafka-producer-perf-test and kafka-consumer-perf-test, from the jars that tools/kafka has fetched."""

import os
import re
import subprocess

import figures
import matrix
from process import Job, ToolError

# As bin/kafka-run-class.sh of Kafka starts them.
JVM = ["-Xmx512M", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
       "-XX:+ExplicitGCInvokesConcurrent", "-Djava.awt.headless=true"]
PRODUCER, CONSUMER = "org.apache.kafka.tools.ProducerPerformance", "org.apache.kafka.tools.ConsumerPerformance"
# A consumer that does not know how much will come to it ends when nothing has come for so long (joining a group takes
# up to 5 s). It is taken from its time; what it costs to wait is counted.
IDLE_S, PATIENCE_S = 10, 30
# "5000000 records sent, 621118.0 records/sec (59.23 MB/sec), 12.3 ms avg latency, 250.0 ms max latency, …"
PRODUCED = re.compile(r"^(\d+) records sent, ([\d.]+) records/sec")
PERCENTILE = re.compile(r"([\d.]+) ms ([\d.]+th)")


def java():
    home = os.environ.get("JAVA_HOME")
    return f"{home}/bin/java" if home else "java"


def version():
    told = subprocess.run([java(), "-version"], capture_output=True, text=True, check=False).stderr
    return told.splitlines()[0].strip() if told else "unknown"


class PerfTest:
    """The producer's tool, the consumer's, or both together: one JVM for each client."""

    def __init__(self, class_path, logging, mode):
        self.class_path, self.logging, self.mode = class_path, logging, mode
        self.runs = 0

    @property
    def name(self):
        alone = {"produce": "kafka-producer-perf-test", "consume": "kafka-consumer-perf-test"}
        return alone.get(self.mode, "both Java perf tools")

    def run(self, case, topic, messages, runner):
        self.runs += 1
        shares = [messages // case.clients + (nth < messages % case.clients) for nth in range(case.clients)]
        endpoint = runner.endpoint(case)
        producers = [self._produce(case, topic, share, endpoint) for share in shares] if case.mode != "consume" else []
        # As in librdkafka.py: nobody knows how much of what is produced meanwhile comes to which consumer.
        unknown = case.mode != "consume" and case.clients > 1
        consumers = []
        if case.mode != "produce":
            settings = {**endpoint.java(), **matrix.java_consumer_settings()}
            text = "".join(f"{key}={value}\n" for key, value in settings.items())
            (runner.folder / "java-consumer.properties").write_text(text, encoding="utf-8")
            consumers = [
                self._consume(topic, subscription, *((messages, IDLE_S) if unknown else (share, PATIENCE_S)), endpoint)
                for subscription in range(case.subscriptions)
                for share in shares
            ]
        done = runner(consumers + producers)
        sent = [produced(each.stdout) for each in done[len(consumers):]]
        received = [consumed(each.stdout, IDLE_S if unknown else 0) for each in done[:len(consumers)]]
        count = sum(messages for messages, _ in sent or received)
        for subscription in range(case.subscriptions if sent and received else 0):
            its = received[subscription * case.clients : (subscription + 1) * case.clients]
            figures.same_count(self.name, count, sum(messages for messages, _ in its))
        # Of paced ones the producers alone know how long they sent.
        load_s = max(seconds for _, seconds in (sent if case.rate_per_s else sent + received))
        progressing = {"produce": None, "paced": done[len(consumers):]}.get(case.mode, [])
        times = worst([each.stdout for each in done[len(consumers):]]) if case.rate_per_s else None
        return figures.run(done, count, count, load_s, case.size_bytes, progressing, times)

    def _produce(self, case, topic, messages, endpoint):
        payload = f"payload-{case.size_bytes}"
        settings = {"bootstrap.servers": endpoint.address, **endpoint.java(), **matrix.java_producer_settings(case)}
        per_s = f"{case.rate_per_s / case.clients:g}" if case.rate_per_s else "-1"
        argv = ["--topic", topic, "--num-records", str(messages), "--throughput", per_s, "--payload-file", payload,
                "--producer-props", *[f"{name}={value}" for name, value in settings.items()]]
        return Job([*self._start(PRODUCER), *argv], progress=Sum())

    def _consume(self, topic, subscription, messages, patience_s, endpoint):
        group = f"{topic}-java-{self.runs}-{subscription}"
        argv = ["--bootstrap-server", endpoint.address, "--topic", topic, "--messages", str(messages), "--group", group,
                "--timeout", str(patience_s * 1000), "--hide-header", "--consumer.config", "java-consumer.properties"]
        return Job([*self._start(CONSUMER), *argv])

    def _start(self, java_class):
        return [java(), *JVM, f"-Dlog4j2.configurationFile={self.logging}", "-cp", self.class_path, java_class]


class Sum:
    """The producer's tool prints a line for every 5 s, with what was acknowledged in them."""

    def __init__(self):
        self.messages = 0

    def __call__(self, line):
        found = PRODUCED.match(line)
        # Its closing line is the total, with percentiles.
        if not found or "50th" in line:
            return None
        self.messages += int(found.group(1))
        return self.messages


def produced(stdout):
    """Messages and seconds, from the closing line."""
    lines = [line for line in stdout.splitlines() if PRODUCED.match(line) and "50th" in line]
    if not lines:
        raise ToolError(f"kafka-producer-perf-test printed no total:\n{stdout}")
    messages, per_s = PRODUCED.match(lines[-1]).groups()
    return int(messages), int(messages) / float(per_s)


def worst(stdouts):
    """Percentiles of publish latencies, ms: the tool prints whole ones; of several producers the largest. Its first
    seconds, in which the JVM compiles, are in them."""
    found = [dict((name, float(ms)) for ms, name in PERCENTILE.findall(stdout)) for stdout in stdouts]
    names = {"p50": "50th", "p99": "99th", "p999": "99.9th"}
    return figures.latencies({name: max(each[word] for each in found) for name, word in names.items()})


def consumed(stdout, idle_s):
    """Messages and seconds without the group's rebalance and the wait at the end: columns data.consumed.in.nMsg and
    fetch.time.ms."""
    rows = [line.split(", ") for line in stdout.splitlines() if line.count(", ") == 9]
    if not rows:
        raise ToolError(f"kafka-consumer-perf-test printed no row:\n{stdout}")
    return int(rows[-1][4]), int(rows[-1][7]) / 1000 - idle_s
