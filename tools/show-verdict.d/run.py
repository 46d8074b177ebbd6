"""One run of pinload, and who its clients are."""

import json
import os
import signal
import subprocess
import threading
import time

from process import ToolError, raw_s

START_LIMIT_S = 60
END_LIMIT_S = 150


class Run:
    """A run that is going on. `lines` are those of both its outputs, each with the raw time at which it came."""

    def __init__(self, argv, folder, cpus=None):
        pin = (lambda: os.sched_setaffinity(0, cpus)) if cpus else None
        self.folder, self.lines, self.came = folder, [], threading.Condition()
        self.process = subprocess.Popen(
            argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", start_new_session=True, preexec_fn=pin, env={**os.environ, "NO_COLOR": "1"},
        )
        pipes = (self.process.stdout, self.process.stderr)
        self.threads = [threading.Thread(target=self._read, args=(pipe,), daemon=True) for pipe in pipes]
        for thread in self.threads:
            thread.start()

    def _read(self, pipe):
        for line in pipe:
            with self.came:
                self.lines.append((raw_s(), line.rstrip("\n")))
                self.came.notify_all()

    def wait_for(self, text, limit_s=START_LIMIT_S):
        """The raw time at which a line with this text came."""
        deadline = time.monotonic() + limit_s
        with self.came:
            while True:
                for at_s, line in self.lines:
                    if text in line:
                        return at_s
                left = deadline - time.monotonic()
                over = self.process.poll() is not None and not any(thread.is_alive() for thread in self.threads)
                if left <= 0 or over:
                    raise ToolError(f"no line with {text!r}:\n" + "\n".join(line for _, line in self.lines))
                self.came.wait(min(left, 0.1))

    def end(self):
        """Its exit code and all it printed."""
        try:
            code = self.process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise ToolError(f"not ended after {END_LIMIT_S} s") from error
        for thread in self.threads:
            thread.join()
        return code, "\n".join(line for _, line in self.lines)

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def children(self, word):
        """Process ids of the children whose command has this word, in order of their numbers."""
        found = []
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
                with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                    command = file.read().replace("\0", " ")
            except OSError:
                continue
            if parent == self.process.pid and f" {word}" in f" {command}":
                found.append((command, pid))
        return [pid for _, pid in sorted(found)]

    def clients(self):
        found = self.children("producer ") + self.children("consumer ")
        if len(found) != 3:
            raise ToolError(f"3 clients are expected: {found}")
        return found

    def detail(self):
        files = [name for name in os.listdir(self.folder) if name.endswith(".detail")]
        if len(files) != 1:
            raise ToolError(f"one detail file is expected: {files}")
        with open(os.path.join(self.folder, files[0]), encoding="utf-8") as file:
            return json.load(file)


def tell(pids, what):
    for pid in pids:
        os.kill(pid, what)


def pin_all(pid, cpus):
    """Puts all threads of a process onto these CPUs."""
    for tid in map(int, os.listdir(f"/proc/{pid}/task")):
        try:
            os.sched_setaffinity(tid, cpus)
        except ProcessLookupError:
            pass


class Taken:
    """One CPU, taken from all others."""

    def __init__(self, cpu):
        loop = "while :; do :; done"
        # The limit (s of CPU time) is for the case that nobody lives to end it.
        real_time = subprocess.run(["chrt", "-f", "1", "true"], capture_output=True, check=False).returncode == 0
        argv = ["taskset", "-c", str(cpu), "sh", "-c", f"ulimit -t 60; {loop}"]
        count = 1 if real_time else 40
        self.complete = real_time
        first = ["chrt", "-f", "50"] if real_time else []
        self.all = [subprocess.Popen([*first, *argv], start_new_session=True) for _ in range(count)]

    def end(self):
        for process in self.all:
            process.kill()
        for process in self.all:
            process.wait()
