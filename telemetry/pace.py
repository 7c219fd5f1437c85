"""Lets the application's threads have the interpreter while a background thread works for long.

A thread that waits for the interpreter gets it after five milliseconds, unless the one that runs lets go. A
batch of spans takes longer than that to scrub and encode, and a request would wait for it, at each of its steps.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STRETCH: Final = 0.0001
"""Seconds of work between two pauses while the queues are nearly empty."""
SHORTEST: Final = 0.00005
"""Seconds of a pause: as good as nothing, but it has the system look who else wants to run."""
LONGEST: Final = 0.003
AT_EASE: Final = 0.1
"""The part of the time that may be worked while the queues are nearly empty."""
IN_A_HURRY: Final = 0.5
"""How full a queue is when there are no more pauses: in a busy process, each costs the interpreter's five
milliseconds, and what is queued must not be lost for want of time."""

_of_this_thread = threading.local()


class Pace:
    """How long a thread works and rests in turn: the fuller its queues, the longer it works."""

    def __init__(self, fullness: Callable[[], float]) -> None:
        self._fullness = fullness
        self._since = time.thread_time()

    def breathe(self, longest: float) -> None:
        """Let go of the interpreter when enough was worked since the last time; waiting for it is no work."""
        worked = time.thread_time() - self._since
        if worked < STRETCH:
            return
        ease = 1.0 - self._fullness() / IN_A_HURRY
        if worked * ease < STRETCH:
            return
        time.sleep(max(SHORTEST, min(longest, ease * worked * (1 / AT_EASE - 1))))
        self._since = time.thread_time()


@contextmanager
def paced(fullness: Callable[[], float]) -> Iterator[None]:
    """Have ``breathe`` rest on this thread, by how full its queues are: from 0 to 1."""
    _of_this_thread.pace = Pace(fullness)
    try:
        yield
    finally:
        del _of_this_thread.pace


def breathe(longest: float = LONGEST) -> None:
    """To be called between two pieces of work; a thread that isn't paced, as at shutdown, goes straight on.

    Args:
        longest: seconds that a pause may take; short where others wait for what is being done.

    """
    pace = getattr(_of_this_thread, "pace", None)
    if pace is not None:
        pace.breathe(longest)
