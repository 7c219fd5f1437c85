"""Time-ordered identifiers: UUID version 7 of RFC 9562, which the standard library has only since 3.14."""

from __future__ import annotations

import os
import secrets
import threading
import time
import uuid
from typing import Final

_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_TICKS: Final = 4096
"""Parts of a millisecond, as many as 12 bits can tell apart."""


class _Clock:
    """Unix time in ticks, each time a later one, whatever the system's clock does."""

    def __init__(self) -> None:
        self._last = 0
        self.start_anew()

    def start_anew(self) -> None:
        """With a lock that nobody holds: in the child of a fork."""
        self._lock = threading.Lock()

    def next(self) -> int:
        """The time, or the tick after the last one."""
        with self._lock:
            self._last = max(time.time_ns() * _TICKS // 1_000_000, self._last + 1)
            return self._last


_CLOCK: Final = _Clock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_CLOCK.start_anew)


def uuid7() -> uuid.UUID:
    """Make an identifier of 60 bits of Unix time and 62 random bits (RFC 9562, 5.7 and 6.2, method 3).

    Those of a process grow: both sides of a turn and the notes of a batch are listed as they were said.
    """
    milliseconds, part = divmod(_CLOCK.next(), _TICKS)
    time_bits = (milliseconds & (1 << 48) - 1) << 80 | part << 64
    return uuid.UUID(int=time_bits | _VERSION | _VARIANT | secrets.randbits(62))


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID as identifiers are written here: lower case, with dashes."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
