"""Remembers texts as hashes of their windows, so that they are found again and can't be read again.

The hash is the interpreter's own for strings: SipHash with a key that is drawn anew in each process.
"""

from __future__ import annotations

import threading
from collections import deque
from itertools import compress, islice, repeat
from operator import getitem
from typing import TYPE_CHECKING, Final

from telemetry.privacy.canonical import condense, expand
from telemetry.privacy.telling import WINDOW, telling_windows, telling_words

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_WINDOWS: Final = 65_536
"""Windows that are remembered; each takes about 80 bytes."""
RESERVE: Final = 4_096
"""Windows beyond that for credentials and names, however much else there was."""
MOST_CHARACTERS: Final = 131_072
"""Characters of one value that are read."""
SHORTEST: Final = 6
"""Canonical characters of the shortest ordinary value; one that is written with 8 may have fewer."""
SHORTEST_EXACT: Final = 3
"""Canonical characters of the shortest credential, tenant or user; of digits alone it needs two more."""

MOST_WAITING: Final = 256
"""Texts that wait to be read; one more, or more than ``MOST_CHARACTERS`` of them, and they are read at once."""
_PATIENCE: Final = 1.0
"""Seconds to wait for another thread that reads; a child that was forked meanwhile would wait for ever."""

_BLOCK: Final = 4096
_SLICES: Final = tuple(slice(start, start + WINDOW) for start in range(_BLOCK))
_TURN: Final = bytes((1, 0, *range(2, 256)))


def windows(canonical: str) -> Iterator[list[int]]:
    """The hashes of every window of a canonical text, in order, in blocks that bound the memory."""
    left = len(canonical) - WINDOW + 1
    if left <= _BLOCK:
        if left > 0:
            yield list(map(hash, map(getitem, repeat(canonical, left), _SLICES)))
        return
    for start in range(0, left, _BLOCK):
        block = canonical[start : start + _BLOCK + WINDOW - 1]
        yield list(map(hash, map(getitem, repeat(block, len(block) - WINDOW + 1), _SLICES)))


class Shingles:
    """What was registered in one scope, as hashes.

    ``telling`` holds the windows that are a sign on their own, ``plain`` those of common words, ``exact`` those
    of credentials and names, which no list of common words excuses. ``whole`` holds values shorter than a window.

    A text that is noted is read when somebody is about to look: nearly all requests end before anybody does, and
    reading takes a request's thread longer than all else that is known of it. ``settle`` comes before any look.
    """

    __slots__ = (
        "_characters",
        "_reading",
        "_waiting",
        "exact",
        "overflowed",
        "plain",
        "telling",
        "whole",
        "whole_lengths",
    )

    def __init__(self) -> None:
        self.telling: set[int] = set()
        self.plain: set[int] = set()
        self.exact: set[int] = set()
        self.whole: set[int] = set()
        self.whole_lengths: set[int] = set()
        self.overflowed = False
        self._waiting: deque[tuple[str, bool]] = deque()
        self._characters = 0
        self._reading = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self.telling or self.plain or self.whole)

    def __len__(self) -> int:
        return len(self.telling) + len(self.plain) + len(self.whole)

    def note(self, text: str, *, exact: bool) -> None:
        """Remember one text, from now on."""
        self._waiting.append((text, exact))
        self._characters += len(text)
        if self._characters > MOST_CHARACTERS or len(self._waiting) > MOST_WAITING:
            self.settle()

    def settle(self) -> None:
        """Read what was noted; when this returns, nothing that was noted before it is missing."""
        if not self._waiting and not self._reading.locked():
            return
        if not self._reading.acquire(timeout=_PATIENCE):
            self.overflowed = True
            return
        try:
            self._characters = 0
            while self._waiting:
                text, exact = self._waiting.popleft()
                self.add(text, exact=exact)
        finally:
            self._reading.release()

    def add(self, text: str, *, exact: bool) -> None:
        """Remember one text. What doesn't fit sets ``overflowed``."""
        most = MOST_WINDOWS + RESERVE * exact
        if len(text) > MOST_CHARACTERS or len(self) >= most:
            self.overflowed = True
            text = text[:MOST_CHARACTERS] if len(self) < most else ""
        expanded = expand(text)
        canonical = condense(expanded)
        words = [] if exact else telling_words(expanded)
        if len(canonical) < WINDOW:
            self._add_whole(text, canonical, telling=bool(words), exact=exact)
            return
        count = len(canonical) - WINDOW + 1
        marks = b"\x01" * count if exact else telling_windows(words, count)
        position = 0
        for block in windows(canonical):
            self._add_windows(block, marks[position : position + len(block)], most, exact=exact)
            position += len(block)

    def _add_windows(self, block: list[int], marks: bytes, most: int, *, exact: bool) -> None:
        if len(self) + len(block) > most:
            fresh = {
                window: mark
                for window, mark in zip(block, marks, strict=True)
                if window not in self.telling and window not in self.plain
            }
            self.overflowed |= len(self) + len(fresh) > most
            block = list(islice(fresh, max(0, most - len(self))))
            marks = bytes(islice(fresh.values(), len(block)))
        telling = list(compress(block, marks))
        self.telling.update(telling)
        if exact:
            self.exact.update(telling)
        else:
            self.plain.update(compress(block, marks.translate(_TURN)))

    def _add_whole(self, text: str, canonical: str, *, telling: bool, exact: bool) -> None:
        size = len(canonical)
        if exact:
            wanted = size >= SHORTEST_EXACT and (size > 4 or len(text.strip()) > 6 or not canonical.isdigit())
        else:
            wanted = telling and (
                size >= SHORTEST or (size >= SHORTEST_EXACT and len(text.strip()) >= WINDOW)
            )
        if not wanted:
            return
        self.whole_lengths.add(size)
        self.whole.add(hash(canonical))
