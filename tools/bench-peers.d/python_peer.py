"""The Python clients of python_clients.py, in an environment of their own: confluent-kafka of the version whose
librdkafka is pinload's."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import figures
import matrix
from process import Job, ToolError

here = Path(__file__).resolve().parent
# At unlimited rate they take so small a part of the messages: theirs are some ten times slower.
PART = 8
PROGRESS = re.compile(r"^progress (\d+)$")


def environment(librdkafka):
    """Python with confluent-kafka; made once and kept. Its versions are librdkafka's, which its wheel brings along."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / f"pinload/python-{sys.version_info[0]}.{sys.version_info[1]}-confluent-kafka-{librdkafka}"
    python = folder / "bin/python"
    if told(python) != librdkafka:
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--disable-pip-version-check",
              f"confluent-kafka=={librdkafka}"])
        if told(python) != librdkafka:
            raise ToolError(f"confluent-kafka {librdkafka} has librdkafka {told(python)}")
    return python


def told(python):
    """The librdkafka that it has; None: it does not run."""
    asks = "import confluent_kafka; print(confluent_kafka.libversion()[0])"
    try:
        done = subprocess.run([str(python), "-c", asks], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _run(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ToolError(f"{command[0]}: {error}") from error
    if done.returncode:
        raise ToolError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")


class Clients:
    """One process per producer and per consumer."""

    name = "confluent-kafka, Python"

    def __init__(self, python):
        self.python, self.runs = str(python), 0

    def run(self, case, topic, messages, runner):
        self.runs += 1
        messages = messages if case.rate_per_s else max(messages // PART, 1)
        endpoint, produces, consumes = runner.endpoint(case), case.mode != "consume", case.mode != "produce"
        spec = {
            "topic": topic, "group": f"{topic}-python-{self.runs}", "messages": messages,
            "rate_per_s": case.rate_per_s, "value_file": f"payload-{case.size_bytes}",
            "producers": case.clients if produces else 0,
            "subscriptions": case.subscriptions if consumes else 0, "consumers_per_subscription": case.clients,
            "producer": self._properties(endpoint, matrix.producer_settings(case)),
            "consumer": self._properties(endpoint, matrix.consumer_settings()),
        }
        file = runner.folder / "python-clients.json"
        file.write_text(json.dumps(spec), encoding="utf-8")
        [done] = runner([Job([self.python, "-B", str(here / "python_clients.py"), str(file)], progress=progress)])
        result = json.loads(done.stdout.splitlines()[-1])
        if result["failed"]:
            raise ToolError(f"{self.name}: {result['failed']} messages failed")
        count = result["acknowledged"] if produces else sum(result["received"])
        for received in result["received"] if produces else []:
            figures.same_count(self.name, count, received)
        latencies = figures.latencies(result["publish_ms"], result["end_to_end_ms"]) if case.rate_per_s else {}
        progressing = [] if case.mode == "both" else None
        return figures.run([done], count, count, result["load_s"], case.size_bytes, progressing, latencies)

    @staticmethod
    def _properties(endpoint, settings):
        return {"bootstrap.servers": endpoint.address, **endpoint.librdkafka(), **settings}


def progress(line):
    found = PROGRESS.match(line)
    return int(found.group(1)) if found else None
