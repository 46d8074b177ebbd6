"""The hot loops on the null driver: instructions and ns per message, what each measuring part adds, pauses for slots."""

import json
import os
import re
import statistics
import subprocess
from concurrent.futures import ThreadPoolExecutor

from process import ToolError

# `pinload bench-loop --measuring`: each of these with those before it; the last is everything.
PARTS = ("none", "reports", "stamp", "actual", "intended", "ledger", "telemetry")
# Name → arguments, and ms of stepped time of the shorter and the longer run that are counted, and of one that is timed.
LOOPS = {
    "single": (["producer", "--rate", "1000000", "--step-ns", "900"], (10, 40), 300),
    "batched": (["producer", "--step-ns", "500"], (4, 12), 200),
    "consume": (["consumer", "--step-ns", "500"], (2, 8), 100),
}
# Under real time: what the loops do in a second.
FLAT_OUT = {"batched": ["producer"], "consume": ["consumer"]}
PAUSED = {
    "produce, 10,000/s": ["producer", "--rate", "10000"],
    "produce, batched": ["producer"],
    "consume, batched": ["consumer"],
}
LIMIT_S = 300
# With --quick so little is counted, in coarser steps: enough to see that it can be, on a binary that is not optimised.
QUICK_LENGTHS_MS, QUICK_STEP_NS = (1, 2), "5000"
# Valgrind takes half a gigabyte for each.
MOST_COUNTS = 8


class Bench:
    """Runs `bench-loop` of one binary."""

    def __init__(self, binary, quick, rounds, cpu, say):
        self.binary, self.quick, self.rounds, self.cpu, self.say = str(binary), quick, rounds, cpu, say

    def run(self, arguments):
        """What one run tells."""
        told = json.loads(self._output([self.binary, "bench-loop", *arguments])[0])
        if not told["messages"]:
            raise ToolError(f"bench-loop {' '.join(arguments)}: not one message, its CPU was others' all the time")
        return told

    def loops(self, counted):
        """Loop → part → figures per message, and the rates of the whole loops."""
        found = {name: {part: {} for part in PARTS} for name in LOOPS}
        if counted:
            for (name, part), instructions in self._all_instructions().items():
                found[name][part]["instructions_per_message"] = instructions
        times = {(name, part): [] for name in LOOPS for part in PARTS}
        for nth in range(self.rounds):
            self.say(f"timing, round {nth + 1}")
            # Every second round the other way round.
            for name, part in list(times)[:: -1 if nth % 2 else 1]:
                arguments, _, length_ms = LOOPS[name]
                length_ms = length_ms // 20 if self.quick else length_ms
                told = self.run([*arguments, "--measuring", part, "--time", f"{length_ms}ms", "--cpu", str(self.cpu)])
                times[name, part].append(told["cpu_ns"] / told["messages"])
        for (name, part), values in times.items():
            found[name][part]["ns_per_message"] = statistics.median(values)
            found[name][part]["ns_per_message_rounds"] = values
        document = []
        for name, parts in found.items():
            rates = []
            for _ in range(self.rounds if name in FLAT_OUT else 0):
                rates.append(self.run([*FLAT_OUT[name], "--time", "200ms" if self.quick else "1s", "--cpu", str(self.cpu)])["messages_per_s"])
            document.append({
                "loop": name,
                "messages_per_s": statistics.median(rates) if rates else None,
                "parts": [{"measuring": part, **figures} for part, figures in parts.items()],
            })
        return document

    def pauses(self):
        """Pauses for slots, and the size of these."""
        document = []
        for name, arguments in PAUSED.items():
            self.say(f"pauses: {name}")
            told = self.run([*arguments, "--cut-every", "5ms", "--time", "500ms" if self.quick else "4s", "--cpu", str(self.cpu)])
            document.append({"loop": name, "slots": told["slots_published"], "largest_slot_bytes": told["largest_slot_bytes"],
                             "pause_ns": told["pause_per_slot_ns"]})
        return document

    def _counted(self):
        """With --quick only nothing and everything: a start under valgrind takes seconds."""
        return (PARTS[0], PARTS[-1]) if self.quick else PARTS

    def _all_instructions(self):
        """Of each loop and part. As many counts at once as there are CPUs: they do not depend on who else has them."""
        self.say("counting instructions")
        with ThreadPoolExecutor(min(len(os.sched_getaffinity(0)), MOST_COUNTS)) as pool:
            counts = {
                (name, part): pool.submit(self._instructions, *self._counting(arguments, lengths_ms), part)
                for name, (arguments, lengths_ms, _) in LOOPS.items()
                for part in self._counted()
            }
            return {key: count.result() for key, count in counts.items()}

    def _counting(self, arguments, lengths_ms):
        """What is counted of a loop."""
        if not self.quick:
            return arguments, lengths_ms
        return [QUICK_STEP_NS if each == "500" else each for each in arguments], QUICK_LENGTHS_MS

    def _instructions(self, arguments, lengths_ms, part):
        arguments = [*arguments, "--measuring", part]
        (short, few), (long, many) = [self._count([*arguments, "--time", f"{length_ms}ms"]) for length_ms in lengths_ms]
        if many <= few:
            raise ToolError(f"{arguments}: {few} and {many} messages")
        return (long - short) / (many - few)

    def _count(self, arguments):
        tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", self.binary, "bench-loop", *arguments]
        stdout, stderr = self._output(tool)
        collected = re.search(r"Collected : (\d+)", stderr)
        if not collected:
            raise ToolError(f"{' '.join(tool)}: no count in\n{stderr}")
        return int(collected[1]), json.loads(stdout)["messages"]

    def _output(self, argv):
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT_S, check=False, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ToolError(str(error)) from error
        if done.returncode:
            raise ToolError(f"{' '.join(argv)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout, done.stderr
