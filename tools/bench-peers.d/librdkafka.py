"""rdkafka_performance: librdkafka's own C tool, built from the source of the rdkafka-sys crate in use against the very
librdkafka (and OpenSSL, zlib, zstd) that the crate has built for pinload.
"""

import json
import signal
import subprocess
from pathlib import Path

import figures
import matrix
from process import Job, Quota, ToolError

INTERVAL_MS = 200
# Ways to produce and consume: -C or -G, and how many messages -G takes at a time (None: one by one).
GROUP = ("G", matrix.CONSUME_BATCH)
WAYS = {"produce": [()], "consume": [("C",), GROUP, ("G",)], "both": [("C",), GROUP], "paced": []}
ARCHIVES = ("libz.a", "libzstd.a")


def ways(case):
    """Those that do the case's work: none of paced ones, for it tells no percentiles. While messages are produced, a
    group of several shares out its partitions again as its members come, and of what it has read until then some comes
    twice (with four of them 14 %) or, to those that wait for a number, not at all."""
    return [way for way in WAYS[case.mode] if way != GROUP or case.mode != "both" or case.clients == 1]


def build(repository, pinload, folder):
    """Compiles it into `folder`. `pinload`: the binary; the archives that it was linked with lie beside it, in
    build/."""
    told = _output(["rustc", "-vV"], repository)
    host = next(line.split()[1] for line in told.splitlines() if line.startswith("host:"))
    # Of this platform only: cargo would fetch the crates of the others.
    asks = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", host]
    metadata = _output(asks, repository)
    packages = json.loads(metadata)["packages"]
    crate = Path(next(each["manifest_path"] for each in packages if each["name"] == "rdkafka-sys")).parent
    built = pinload.resolve().parent / "build"
    library = newest(built, "librdkafka.a")
    # Objects that it needs come behind it: a linker looks each archive through once.
    linked = [str(library), *openssl(built), *[str(newest(built, name)) for name in ARCHIVES]]
    sources = library.parent
    binary = folder / "rdkafka_performance"
    command = [
        "cc", "-O2", "-g", "-o", str(binary), f"-I{sources}", f"-I{sources.parent}",
        str(crate / "librdkafka/examples/rdkafka_performance.c"),
        *linked, "-lm", "-lpthread", "-ldl", "-lrt",
    ]
    # The source says ../src/rd.h: that of the crate, which is the same as that beside the archive, where config.h is.
    compiled = subprocess.run(command, capture_output=True, text=True, check=False)
    if compiled.returncode:
        raise ToolError(f"{' '.join(command)}:\n{compiled.stderr}")
    return binary


def _output(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def openssl(built):
    """What a linker is told of the OpenSSL that pinload is built with, as the openssl-sys crate tells it: built from
    source, or the machine's own (tools/install-deps)."""
    options = []
    for line in newest(built, "openssl-sys-*/output").read_text(encoding="utf-8").splitlines():
        key, _, value = line.removeprefix("cargo:").removeprefix(":").partition("=")
        kind, _, what = value.rpartition("=")
        if key == "rustc-link-search":
            options.append(f"-L{what}")
        elif key == "rustc-link-lib":
            options.append(f"-l:lib{what}.a" if kind.startswith("static") else f"-l{what}")
    if not options:
        raise ToolError(f"openssl-sys below {built} names no library to link with")
    return options


def newest(built, name):
    found = sorted(built.rglob(name), key=lambda path: path.stat().st_mtime)
    found = [path for path in found if path.parent.name != "src-cpp"]
    if not found:
        raise ToolError(f"no {name} below {built}: build pinload there first (cargo build --release)")
    return found[-1]


def version(binary):
    """librdkafka's version as the tool tells it."""
    told = subprocess.run([str(binary), "-h"], capture_output=True, text=True, check=False).stderr
    line = next((line for line in told.splitlines() if line.startswith("librdkafka version")), "")
    return line.removeprefix("librdkafka version ").split(" ")[0] or "unknown"


class Performance:
    """rdkafka_performance in one of its ways: -P, -C (a simple consumer), -G (a member of a group), or producers and
    consumers together.

    `batch`: what -G takes at a time (its -B, rd_kafka_consume_batch_queue); None: one by one (rd_kafka_consumer_poll).
    -C needs none: it takes whatever has come with one call (rd_kafka_consume_callback_queue).
    """

    def __init__(self, binary, consumer=None, batch=None):
        self.binary, self.consumer, self.batch = str(binary), consumer, batch
        self.runs = 0

    @property
    def name(self):
        return f"rdkafka_performance -{self.consumer or 'P'}" + (f" -B {self.batch}" if self.batch else "")

    def run(self, case, topic, messages, runner):
        self.runs += 1
        shares = [messages // case.clients + (nth < messages % case.clients) for nth in range(case.clients)]
        endpoint = runner.endpoint(case)
        producers = [self._produce(case, topic, share, endpoint) for share in shares] if case.mode != "consume" else []
        # Of a full topic each takes its share; of what is produced meanwhile nobody knows how much comes to which
        # consumer.
        quota = Quota(messages, signal.SIGINT) if case.mode == "both" and case.clients > 1 else None
        consumers = [
            self._consume(case, topic, messages if quota else share, nth, endpoint, quota)
            for nth, share in enumerate(shares)
        ] if case.mode != "produce" else []
        done = runner(consumers + producers)
        sent = [Row(each.stdout, "dr") for each in done[len(consumers):]]
        received = [Row(each.stdout, "msgs") for each in done[:len(consumers)]]
        if any(row["dr_err"] for row in sent):
            raise ToolError("rdkafka_performance: messages failed")
        count = sum(row.messages for row in sent or received)
        if case.mode == "both":
            figures.same_count(self.name, count, sum(row.messages for row in received))
            load = [row.busy() for row in received]
        else:
            load = [(row.messages, row["elapsed"]) for row in sent or received]
        load_messages, load_s = sum(messages for messages, _ in load), max(ms for _, ms in load) / 1000
        progressing = None if case.mode != "both" else []
        return figures.run(done, count, load_messages, load_s, case.size_bytes, progressing)

    def fill(self, case, topic, messages, runner):
        runner([self._produce(case, topic, messages, runner.endpoint(case))])

    def _produce(self, case, topic, messages, endpoint):
        place = ["-p", "0"] if case.partitions == 1 else []
        argv = ["-P", *place, "-s", str(case.size_bytes), "-m", matrix.payload(case.size_bytes), "-c", str(messages)]
        return self._job(argv, topic, matrix.producer_settings(case), "dr", endpoint)

    def _consume(self, case, topic, messages, nth, endpoint, quota):
        if self.consumer == "G":
            # A group that is known would go on where it has committed.
            batch = ["-B", str(self.batch)] if self.batch else []
            argv = ["-G", f"{topic}-{self.batch or 'one-by-one'}-{self.runs}", *batch]
        else:
            own = [str(partition) for partition in range(nth, case.partitions, case.clients)]
            argv = ["-C", "-o", "beginning", *[word for partition in own for word in ("-p", partition)]]
        return self._job([*argv, "-c", str(messages)], topic, matrix.consumer_settings(), "msgs", endpoint, quota)

    def _job(self, argv, topic, settings, column, endpoint, quota=None):
        # -T 0: no statistics, which it would otherwise have made once per interval.
        common = ["-t", topic, "-b", endpoint.address, "-u", "-i", str(INTERVAL_MS), "-T", "0"]
        settings = {**endpoint.librdkafka(), **settings}
        given = [word for name, value in settings.items() for word in ("-X", f"{name}={value}")]
        # Its lines must come when they are written, not when a buffer is full.
        return Job(["stdbuf", "-oL", self.binary, *argv, *common, *given], progress=Progress(column), quota=quota)


class Progress:
    """Reads the tool's table line by line."""

    def __init__(self, column):
        self.column, self.columns = column, None

    def __call__(self, line):
        cells = [cell.strip() for cell in line.split("|")][1:]
        if not cells:
            return None
        if "elapsed" in cells:
            self.columns = cells
            return None
        return int(cells[self.columns.index(self.column)]) if self.columns else None


class Row:
    """The last row of the tool's table."""

    def __init__(self, stdout, column):
        lines = [[cell.strip() for cell in line.split("|")][1:] for line in stdout.splitlines() if line.startswith("|")]
        if len(lines) < 2:
            raise ToolError(f"rdkafka_performance printed no table:\n{stdout}")
        # It repeats its heading.
        self.rows = [dict(zip(lines[0], line)) for line in lines if line != lines[0]]
        self.messages = self[column]

    def __getitem__(self, column):
        return int(self.rows[-1][column])

    def busy(self):
        """Messages and ms up to the last row before all had come: a consumer waits up to a second for more before it
        sees that it may end."""
        rows = [(int(row["msgs"]), int(row["elapsed"])) for row in self.rows]
        before = [row for row in rows if 0 < row[0] < self.messages]
        return before[-1] if before else rows[-1]
