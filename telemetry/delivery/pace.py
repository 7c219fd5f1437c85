"""Lets the application's threads have the interpreter while a background thread works for long.

A thread that waits for the interpreter gets it after five milliseconds, unless the one that runs lets go. A
batch of spans takes longer than that to scrub and encode, and a request would wait for it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

STRETCH: Final = 0.0002
"""Seconds of work between two pauses."""
PAUSE: Final = 0.00005
"""Seconds: as good as nothing, but it has the system look who else wants to run."""
SLICE: Final = 8
"""Items that are encoded at once."""


class Pace:
    """Ask it between two pieces of work."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def breathe(self) -> None:
        """Let go of the interpreter when it was held for long enough."""
        if time.perf_counter() - self._since >= STRETCH:
            time.sleep(PAUSE)
            self._since = time.perf_counter()


def encoded(items: Sequence[T], encode: Callable[[Sequence[T]], bytes]) -> bytes:
    """One protobuf body for many items, encoded a few at a time.

    Messages that are written one behind the other are one message, whose lists hold what all of them held.
    """
    pace = Pace()
    parts = []
    for start in range(0, len(items), SLICE):
        parts.append(encode(items[start : start + SLICE]))
        pace.breathe()
    return b"".join(parts)
