"""Running tools and measuring what they use: CPU time, context switches and memory of all their processes.

`wait4` tells the CPU time and the context switches of a process and of every descendant that was waited for; pinload's
supervisor waits for all its clients. Samples from /proc, taken while a tool runs, show how CPU time and memory grew.
"""

import os
import signal
import subprocess
import threading
import time
from bisect import bisect_left
from dataclasses import dataclass, field

SAMPLE_S = 0.2
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class ToolError(Exception):
    """A tool failed, hung, or said something that cannot be read."""


@dataclass
class Job:
    """A command to be run, and how to read from its output lines how many messages it has handled so far."""

    argv: list
    # line → messages so far, or None
    progress: object = None
    # May it end with another code than 0?
    codes: tuple = (0,)
    # That it shares with other jobs
    quota: object = None


class Quota:
    """Jobs that share work which none of them knows its part of: asked to end (by a signal) when together they have
    done it all."""

    def __init__(self, messages, ask_by):
        self.messages, self.ask_by, self.asked = messages, ask_by, False

    def look(self, running):
        done = sum(each.progress[-1][1] for each in running if each.progress)
        if done < self.messages or self.asked:
            return
        self.asked = True
        for each in running:
            if not each.ended.is_set():
                os.kill(each.process.pid, self.ask_by)


@dataclass
class Done:
    """A command that has ended."""

    stdout: str
    stderr: str
    cpu_user_s: float
    cpu_system_s: float
    context_switches: int
    # Sum over its processes of each one's largest resident set: shared pages count in each.
    peak_memory_bytes: int
    # (raw seconds, CPU seconds so far, all processes)
    cpu: list = field(default_factory=list)
    # (raw seconds, messages so far)
    progress: list = field(default_factory=list)

    @property
    def cpu_s(self):
        return self.cpu_user_s + self.cpu_system_s


def raw_s():
    """CLOCK_MONOTONIC_RAW: pinload's results refer to it."""
    return time.clock_gettime(time.CLOCK_MONOTONIC_RAW)


def run_together(jobs, limit_s, folder):
    """Runs commands side by side to their ends."""
    running = []
    try:
        for job in jobs:
            running.append(_Running(job, folder))
        deadline = time.monotonic() + limit_s
        while going := [each for each in running if not each.ended.is_set()]:
            if time.monotonic() > deadline:
                raise ToolError(f"not ended after {limit_s:.0f} s: {[each.job.argv for each in running]}")
            for each in running:
                each.sample()
            for quota in {each.job.quota for each in running} - {None}:
                quota.look([each for each in running if each.job.quota is quota])
            # Not a join: one that a signal interrupts takes the thread for ended.
            going[0].ended.wait(SAMPLE_S)
    finally:
        for each in running:
            each.end()
    return [each.done() for each in running]


class _Running:
    def __init__(self, job, folder):
        self.job = job
        self.lines, self.cpu_samples, self.progress = [], [], []
        self.memory = {}
        self.status = self.usage = None
        self.ended = threading.Event()
        self.process = subprocess.Popen(
            job.argv,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.errors = []
        self.error_thread = threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True)
        self.error_thread.start()
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def _follow(self):
        for line in self.process.stdout:
            self.lines.append(line)
            messages = self.job.progress(line) if self.job.progress else None
            if messages is not None:
                self.progress.append((raw_s(), messages))
        _, self.status, self.usage = os.wait4(self.process.pid, 0)
        # Popen must not wait for it again.
        self.process.returncode = os.waitstatus_to_exitcode(self.status)
        self.ended.set()

    def sample(self):
        """Adds what the process and its descendants have used so far."""
        cpu_ticks, at_s, pids = 0, raw_s(), tree(self.process.pid)
        for pid in pids:
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                    fields = file.read().rpartition(")")[2].split()
                with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
                    peak = [line for line in file if line.startswith("VmHWM:")]
            except OSError:
                continue
            # utime, stime, and those of the children it has waited for: proc_pid_stat(5), fields 14 to 17.
            cpu_ticks += sum(int(value) for value in fields[11:15])
            if peak:
                self.memory[pid] = max(self.memory.get(pid, 0), int(peak[0].split()[1]) * 1024)
        if cpu_ticks and (not self.cpu_samples or cpu_ticks / TICKS_PER_S >= self.cpu_samples[-1][1]):
            self.cpu_samples.append((at_s, cpu_ticks / TICKS_PER_S))

    def end(self):
        """Kills what is left of it."""
        if not self.ended.is_set():
            for pid in tree(self.process.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.thread.join()
        self.error_thread.join()
        self.process.stdout.close()
        self.process.stderr.close()

    def done(self):
        stdout, stderr = "".join(self.lines), "".join(self.errors)
        if self.process.returncode not in self.job.codes:
            words = "\n".join((stdout + stderr).splitlines()[-30:])
            raise ToolError(f"{' '.join(self.job.argv)}\nended with {self.process.returncode}:\n{words}")
        return Done(
            stdout=stdout,
            stderr=stderr,
            cpu_user_s=self.usage.ru_utime,
            cpu_system_s=self.usage.ru_stime,
            context_switches=self.usage.ru_nvcsw + self.usage.ru_nivcsw,
            peak_memory_bytes=max(sum(self.memory.values()), self.usage.ru_maxrss * 1024),
            cpu=self.cpu_samples,
            progress=self.progress,
        )


def tree(pid):
    """A process and its descendants."""
    found, waiting = [], [pid]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                    waiting.extend(int(child) for child in file.read().split())
        except OSError:
            pass
    return found


def at(series, moment_s):
    """The value of a series of (moment, value) at a moment between its ends, on a straight line between neighbours."""
    moments = [moment for moment, _ in series]
    after = min(max(bisect_left(moments, moment_s), 1), len(series) - 1)
    (left_s, left), (right_s, right) = series[after - 1], series[after]
    return left + (right - left) * (moment_s - left_s) / (right_s - left_s)
