"""The brokers: pinload's helper with librdkafka's mock cluster, and a real Kafka of tools/kafka."""

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from broker import Broker, BrokerError
from process import ToolError, raw_s

TOOL = Path(__file__).resolve().parent.parent / "kafka"
MISSING = 77
QUIET = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
# Between two looks for a moment, seconds.
LOOK_S = 0.01
LIMIT_S = 60


class NoJava(Exception):
    """There can be no real Kafka."""


class Mock:
    """librdkafka's mock cluster in a process of its own."""

    def __init__(self, binary, topic, faults=()):
        self.process = subprocess.Popen([str(binary), "embedded-broker"], **QUIET)
        self.pid, self.made = self.process.pid, []
        spec = {"parent_pid": os.getpid(), "topics": [{"name": topic, "partitions": 1}], "faults": list(faults)}
        self.process.stdin.write(json.dumps(spec))
        self.process.stdin.close()
        self.address = json.loads(self.process.stdout.readline())["bootstrap_servers"]
        self.came = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for _ in self.process.stdout:
            with self.came:
                self.made.append(raw_s())
                self.came.notify_all()

    def fault(self, nth):
        """The raw time at which fault `nth` was made."""
        with self.came:
            if not self.came.wait_for(lambda: len(self.made) > nth, LIMIT_S):
                raise ToolError(f"the mock did not make fault {nth}")
            return self.made[nth]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Kafka:
    """A real one that makes no topics by itself.

    disk_mib: its data stands on a disk of this size.
    session_s: a broker that stands still for longer is fenced, which is a second stall when it goes on; one that is
    killed and started again is let in when its session before has ended.
    """

    def __init__(self, folder, disk_mib=None, session_s=60):
        folder.mkdir()
        command = [str(TOOL), "start", "--env", "--until-stdin-closes", "--dir", str(folder / "brokers")]
        command += ["--property", "auto.create.topics.enable=false"]
        command += ["--property", f"broker.session.timeout.ms={session_s * 1000}"]
        if disk_mib:
            disk = folder / "disk"
            disk.mkdir()
            mount = f'mount -t tmpfs -o size={disk_mib}m tmpfs "{disk}" && exec "$0" "$@"'
            command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, *command]
            command += ["--property", f"log.dirs={disk}/data"]
        self.tool = subprocess.Popen(command, **QUIET)
        variables = self._variables()
        if "PINLOAD_KAFKA" not in variables:
            if self.tool.wait() == MISSING:
                raise NoJava("Java or Maven is missing (tools/install-deps)")
            raise ToolError("tools/kafka failed")
        self.address = variables["PINLOAD_KAFKA"]
        self.folder = Path(variables["PINLOAD_KAFKA_DIR"]) / variables["PINLOAD_KAFKA_NAME"]

    def _variables(self):
        lines = iter(lambda: self.tool.stdout.readline().strip(), "")
        return dict(line.split("=", 1) for line in lines)

    @property
    def pid(self):
        return int((self.folder / "pid").read_text(encoding="ascii").split()[0])

    def lives(self):
        try:
            return _lives(self.pid)
        except OSError:
            return False

    def create(self, topic):
        broker = Broker(self.address)
        broker.create(topic, 1)
        broker.close()

    def delete(self, topic):
        """The raw times between which the topic was deleted."""
        broker = Broker(self.address)
        begin_s = raw_s()
        broker.delete(topic)
        broker.close()
        return begin_s, raw_s()

    def limit(self, client_id, bytes_per_s):
        tool = [str(TOOL), "tool", "kafka.admin.ConfigCommand", "--bootstrap-server", self.address]
        quota = ["--alter", "--add-config", f"producer_byte_rate={bytes_per_s}"]
        whose = ["--entity-type", "clients", "--entity-name", client_id]
        subprocess.run([*tool, *quota, *whose], check=True, capture_output=True)

    def restart(self, topic):
        """Has it killed and started again; the raw times of its death and of its first answer about the topic."""
        pid = self.pid
        self.tool.stdin.write("restart\n")
        self.tool.stdin.flush()
        while _lives(pid):
            time.sleep(0.001)
        begin_s = raw_s()
        back_s = self.answers_at_s(topic)
        self._variables()
        return begin_s, back_s

    def answers_at_s(self, topic):
        """The raw time at which it answers about the topic's partition."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            try:
                broker = Broker(self.address, timeout_s=2)
                broker.messages(topic, 1)
                broker.close()
                return raw_s()
            except (BrokerError, OSError):
                time.sleep(LOOK_S)
        raise ToolError("the broker does not come back")

    def full_and_dead_s(self):
        """The raw times at which it first finds its disk full, by its log, and at which its process ends for that."""
        deadline = time.monotonic() + LIMIT_S
        # Held open: the folder goes with the broker.
        with open(self.folder / "server.log", encoding="utf-8", errors="replace") as log:
            while self.lives():
                if time.monotonic() > deadline:
                    raise ToolError("the broker lives on with a full disk")
                time.sleep(LOOK_S)
            dead_s = raw_s()
            before, full, _ = log.read().partition("No space left on device")
        if not full:
            raise ToolError("the broker ended for another reason than its disk")
        clock = [line[:12] for line in before.splitlines() if line[2:3] == line[5:6] == ":" and line[8:9] == "."][-1]
        hours, minutes, seconds = clock.split(":")
        now_s = time.time()
        now = time.localtime(now_s)
        ago_s = (now.tm_hour - int(hours)) * 3600 + (now.tm_min - int(minutes)) * 60 - float(seconds)
        ago_s += now.tm_sec + now_s % 1
        return raw_s() - ago_s, dead_s

    def end(self):
        self.tool.stdin.close()
        self.tool.wait()
        self.tool.stdout.close()


def _lives(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        return not stat.rpartition(")")[2].startswith(" Z")
    except OSError:
        return False


class Pool:
    """Brokers that are running; one Kafka serves all cases that leave it alive."""

    def __init__(self, binary, folder):
        self.binary, self.folder, self.count = binary, folder, 0
        self.running, self.kafka = [], None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for broker in self.running:
            broker.end()

    def end(self, broker):
        self.running.remove(broker)
        broker.end()

    def mock(self, topic, faults=()):
        self.running.append(Mock(self.binary, topic, faults))
        return self.running[-1]

    def real(self, own=None):
        """`own`: what is particular to one that serves a single case."""
        if not own and self.kafka and self.kafka.lives():
            return self.kafka
        self.count += 1
        kafka = Kafka(self.folder / f"kafka-{self.count}", **(own or {}))
        self.running.append(kafka)
        if not own:
            self.kafka = kafka
        return kafka
