"""A run's topic: made or filled for it, and compared with what the tool says it did."""

import disk
import librdkafka
from process import ToolError

# pinload's producers send a probe before the load begins, and another one if that is not seen in time.
MOST_PROBES = 10
# Messages in the topic that is read: with --quick; otherwise this much more than pinload reads in a run.
QUICK_FILL, RESERVE = 300_000, 1.6
# Before anything is known of the machine: messages read per second, at 100 B and at 1 KB.
GUESS_PER_S = {100: 2_500_000, 1024: 700_000}
# What a record takes in the log besides its value.
RECORD_BYTES = 8


class Production:
    """Runs that produce: each has its own topic, and what the tool says it sent must be there."""

    def __init__(self, bench, case):
        self.bench, self.case = bench, case

    def run(self, tool, messages):
        topic = self.bench.new_topic(self.case)
        try:
            before = disk.pages()
            run = tool.run(self.case, topic, messages, self.bench)
            run.disk = disk.between(before, disk.pages())
            stored = self.bench.broker.messages(topic, self.case.partitions)
        finally:
            self.bench.broker.delete(topic)
        probes = self.case.clients if tool.name.startswith("pinload") else 0
        if not run.messages <= stored <= run.messages + probes * MOST_PROBES:
            raise ToolError(f"{tool.name} counts {run.messages} messages, the broker {stored}")
        return run

    def end(self):
        pass


class Consumption:
    """Runs that consume: one topic, filled before the first of them, read by all from its begin."""

    def __init__(self, bench, case):
        self.bench, self.case, self.held = bench, case, 0
        self.topic = bench.new_topic(case)
        self.fill(QUICK_FILL if bench.options.quick else int(GUESS_PER_S[case.size_bytes] * bench.load_s))

    def fill(self, messages):
        if messages > self.held:
            self._has_room(messages - self.held)
            librdkafka.Performance(self.bench.c_tool).fill(self.case, self.topic, messages - self.held, self.bench)
            self.held = self.bench.broker.messages(self.topic, self.case.partitions)

    def _has_room(self, messages):
        wanted_bytes = messages * (self.case.size_bytes + RECORD_BYTES)
        if self.bench.log_in_memory and wanted_bytes > disk.available_bytes() - disk.OTHER_BYTES:
            raise ToolError(
                f"{self.case.name}: {wanted_bytes / 2**30:.1f} GiB more do not fit beside the broker's log in memory: "
                "fewer --seconds, or --log DIR"
            )

    def run(self, tool, messages):
        while True:
            before = disk.pages()
            run = tool.run(self.case, self.topic, messages, self.bench)
            run.disk = disk.between(before, disk.pages())
            if messages and not tool.name.startswith("pinload"):
                return run
            if self.bench.options.quick:
                return run
            if run.messages < self.held:
                self.fill(int(run.messages * RESERVE))
                return run
            # It came to the end of the topic and waited there: that run says nothing.
            self.fill(self.held * 2)

    def end(self):
        self.bench.broker.delete(self.topic)
