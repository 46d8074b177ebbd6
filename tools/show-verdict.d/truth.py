"""What was done, and when."""

import time
from dataclasses import dataclass

from process import raw_s

# Begin and length are true to this, seconds.
TOLERANCE_S = 0.2


@dataclass
class Told:
    """An event that a run must tell of. Times are CLOCK_MONOTONIC_RAW, seconds; None: none is named, or any will do."""

    kind: str
    begin_s: float = None
    end_s: float = None
    who: tuple = None
    # Several of this kind may share the time between begin and end: together they must fill this share of it.
    share: float = None
    # It lasts to the end of the load.
    to_the_end: bool = False
    # It may begin up to here: nobody knows the moment itself.
    begin_until_s: float = None


@dataclass
class Truth:
    """What a run must say."""

    outcomes: tuple
    codes: tuple
    events: tuple = ()
    # Events that follow from these, and need not be told.
    may_tell: tuple = ()
    # Messages per second that the broker could take, and how far the figure may be off, a fraction.
    taken_per_s: tuple = None


def wait(seconds):
    """Waits so long; the begin and the end, raw seconds."""
    begin_s = raw_s()
    end_s = begin_s + seconds
    while (left := end_s - raw_s()) > 0:
        time.sleep(left)
    return begin_s, raw_s()
