"""Finds where registered values surface in a text, as spans of its original characters."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from telemetry.privacy.canonical import Reading, condense, expand
from telemetry.privacy.encoded import SHORTEST_ENCODED, decoded_parts
from telemetry.privacy.shingles import windows
from telemetry.privacy.telling import GLIMPSE, PART, WINDOW, telling_windows, telling_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from telemetry.privacy.shingles import Shingles

    Span = tuple[int, int]

QUOTATION: Final = 32
"""Canonical characters in a row that are somebody's words even when each of the words is common."""

_MOST_ENCODINGS: Final = 2
"""Times that a text is decoded, such as a token in Base64 inside Base64."""

_PLAIN, _TELLING, _EXACT = 1, 2, 3
_STRIDE: Final = (QUOTATION - WINDOW) // 2
_RUN: Final = re.compile(rb"[\x01-\x03]+")
_WORD: Final = re.compile(r"\w+")


def find(text: str, known: Sequence[Shingles]) -> list[Span]:
    """The spans of a text in which something known stands, in order, joined, extended to the borders of words."""
    spans = _find_written(text, known, short=True)
    for start, end, decoded in decoded_parts(text):
        if _says(decoded, known, _MOST_ENCODINGS):
            spans.append((start, end))
    return _join(text, spans)


def _says(decoded: str, known: Sequence[Shingles], encodings: int) -> bool:
    """Whether a decoded text holds something known, as it is or encoded once more."""
    if _find_written(decoded, known, short=decoded.isascii() and decoded.isprintable()):
        return True
    if encodings == 1 or len(decoded) < SHORTEST_ENCODED:
        return False
    return any(_says(inner, known, encodings - 1) for _, _, inner in decoded_parts(decoded))


def _find_written(text: str, known: Sequence[Shingles], *, short: bool) -> list[Span]:
    expanded = expand(text)
    canonical = condense(expanded)
    runs: list[Span] = []
    if _may_hold(canonical, known):
        runs = list(_judge(expanded, canonical, known))
    if short and any(shingles.whole for shingles in known):
        runs += _find_whole(expanded, canonical, known)
    if not runs:
        return []
    borders = _Borders(expanded)
    reading = Reading(text)
    return [reading.original_span(*borders.around(start, end)) for start, end in runs]


def _may_hold(canonical: str, known: Sequence[Shingles]) -> bool:
    """The cheap question, for most texts the only one."""
    for block in windows(canonical):
        sample = block[::_STRIDE]
        for shingles in known:
            if not shingles.telling.isdisjoint(block):
                return True
            # Common words matter only as a quotation, and a quotation holds two samples in a row.
            if len(canonical) < QUOTATION or shingles.plain.isdisjoint(sample):
                continue
            marks = bytes(window in shingles.plain for window in sample)
            if b"\x01\x01" in marks or len(block) < len(canonical) - WINDOW + 1:
                return True
    return False


def _judge(expanded: str, canonical: str, known: Sequence[Shingles]) -> Iterator[Span]:
    """The runs of known windows that are a sign: of a telling word, an exact value or a long quotation."""
    kinds = bytearray()
    for block in windows(canonical):
        kinds += bytes(_kind(window, known) for window in block)
    # A window can be telling where it was registered and hold parts of common words here: -ation failed.
    here = telling_windows(telling_words(expanded), len(kinds), GLIMPSE, GLIMPSE)
    for run in _RUN.finditer(kinds):
        start, last = run.span()
        known_kinds = run.group()
        if (
            _EXACT in known_kinds
            or last - start + WINDOW - 1 >= QUOTATION
            or any(kind == _TELLING and here[start + at] for at, kind in enumerate(known_kinds))
        ):
            yield start, last + WINDOW - 1


def _kind(window: int, known: Sequence[Shingles]) -> int:
    kind = 0
    for shingles in known:
        if window in shingles.exact:
            return _EXACT
        if window in shingles.telling:
            kind = _TELLING
        elif not kind and window in shingles.plain:
            kind = _PLAIN
    return kind


def _find_whole(expanded: str, canonical: str, known: Sequence[Shingles]) -> Iterator[Span]:
    """Values shorter than a window, where they fill the space between two borders."""
    ends = list(accumulate(map(len, PART.findall(expanded))))
    starts, borders = (0, *ends), frozenset(ends)
    for shingles in known:
        for size in tuple(shingles.whole_lengths):
            for start in starts:
                end = start + size
                if end in borders and hash(canonical[start:end]) in shingles.whole:
                    yield start, end


class _Borders:
    """The words of an expanded text and where they stand in its canonical form."""

    def __init__(self, expanded: str) -> None:
        self._words: list[Span] = []
        self._canonical_ends: list[int] = []
        position = 0
        for word in _WORD.finditer(expanded):
            position += len(word.group()) - word.group().count("_")
            self._words.append(word.span())
            self._canonical_ends.append(position)

    def around(self, start: int, end: int) -> Span:
        """From the beginning of the word that a canonical span begins in to the end of the one it ends in."""
        first = bisect_right(self._canonical_ends, start)
        last = bisect_left(self._canonical_ends, end)
        return self._words[first][0], self._words[last][1]


def _join(text: str, spans: list[Span]) -> list[Span]:
    """Sorted spans without overlaps; what stands between two is joined to them when it holds no word."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and (start <= joined[-1][1] or _WORD.search(text, joined[-1][1], start) is None):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
