"""The disk below the broker: where its log lies, and whether the disk, not a tool, limited a run.

A run of gigabytes fills the kernel's limit for dirty pages; whoever writes then waits for the disk, and whichever tool
comes next has half the rate at twice the CPU. A log on tmpfs is never written back.
"""

import os
from dataclasses import asdict, dataclass

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TMPFS = "/dev/shm"
# The largest topic of the stated set (1 KB, read for 4 s, with its reserve), and what broker and tools need besides.
LOG_BYTES, OTHER_BYTES = 12 * 2**30, 4 * 2**30


@dataclass(frozen=True)
class Pages:
    """The kernel's counts at one moment, in bytes."""

    dirty_bytes: int
    writeback_bytes: int
    # Since boot
    written_bytes: int
    # With more than this waiting, whoever writes is made to wait: dirty_freerun_ceiling() in mm/page-writeback.c.
    ceiling_bytes: int

    @property
    def waiting_bytes(self):
        return self.dirty_bytes + self.writeback_bytes


def pages():
    """None: the kernel does not tell."""
    try:
        with open("/proc/vmstat", encoding="ascii") as file:
            counts = {name: int(count) * PAGE_BYTES for name, count in (line.split() for line in file)}
        ceiling_bytes = (counts["nr_dirty_threshold"] + counts["nr_dirty_background_threshold"]) // 2
        return Pages(counts["nr_dirty"], counts["nr_writeback"], counts["nr_written"], ceiling_bytes)
    except (OSError, KeyError, ValueError):
        return None


def between(before, after):
    """What a run has to say of the disk, for its JSON; None: the kernel does not tell."""
    if before is None or after is None:
        return None
    return {
        "before": asdict(before),
        "after": asdict(after),
        "written_bytes": after.written_bytes - before.written_bytes,
        "limited": max(before.waiting_bytes, after.waiting_bytes) > after.ceiling_bytes,
    }


def limited(runs):
    """How many of the runs the disk limited."""
    return sum(bool(run.disk and run.disk["limited"]) for run in runs)


def available_bytes():
    """Memory that can be had without swapping (MemAvailable)."""
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:"))


def is_memory(folder):
    """Does what is written into this folder stay in memory?"""
    at, kind = "", ""
    with open("/proc/self/mounts", encoding="utf-8", errors="replace") as file:
        for line in file:
            place, name = line.split()[1:3]
            if os.path.commonpath([place, os.path.realpath(folder)]) == place and len(place) >= len(at):
                at, kind = place, name
    return kind in ("tmpfs", "ramfs")


def place():
    """A new folder's name for the broker's log in memory; None where there is none, or not enough."""
    try:
        room = os.statvfs(TMPFS)
    except OSError:
        return None
    fits = room.f_bavail * room.f_frsize >= LOG_BYTES and available_bytes() >= LOG_BYTES + OTHER_BYTES
    return f"{TMPFS}/pinload-bench-peers-{os.getpid()}" if fits and is_memory(TMPFS) else None
