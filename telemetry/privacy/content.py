"""Finds what a request brought in again in whatever leaves under its trace, and removes it.

Values are registered as keyed hashes (shingles.py) of their canonical form (canonical.py), so they are found
when they are cut, escaped, encoded or written in another case, and can't be read from here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn

from telemetry.privacy import policy
from telemetry.privacy.findings import find
from telemetry.privacy.shingles import SHORTEST_EXACT, Shingles

if TYPE_CHECKING:
    from collections.abc import Iterable

MARKER: Final = "[redacted:content]"
_MARKERS: Final = re.compile(
    "(" + "|".join(map(re.escape, sorted(policy.MARKERS | {MARKER, "[data]"}))) + ")"
)
_MOST_LAYERS: Final = 4
_MOST_PASSES: Final = 4


class Content:
    """What one trace may show nowhere.

    Values can be registered on one thread while texts are cleaned on another: a value is found from the
    moment on that ``register`` has returned.
    """

    __slots__ = ("_layers",)

    def __init__(self) -> None:
        self._layers: tuple[Shingles, ...] = (Shingles(),)

    def register(self, values: Iterable[str], *, exact: bool = False) -> None:
        """Remember values.

        Args:
            values: texts of any length; what isn't text is ignored.
            exact: credentials, cookies, tenants, users: found even when they are as short as three letters or
                made of words that stand in every log.

        """
        for value in (values,) if isinstance(values, str) else values:
            if isinstance(value, str):
                # A subclass may say anything of itself; this is what it holds.
                self._layers[0].note(str.__str__(value), exact=exact)

    def mark_overflowed(self) -> None:
        """Say that something inbound could not be registered, such as the middle of a large body."""
        self._layers[0].overflowed = True

    def remove(self, text: str) -> tuple[str, int]:
        """A text with a marker in the place of each registered value or part of one, and how many there are.

        Markers in the text stay as they are, and a second time nothing more is removed. When ``overflowed`` is
        true, something may be left.
        """
        known = tuple(filter(None, self._settled()))
        if not known or len(text) < SHORTEST_EXACT:
            return text, 0
        text = str.__str__(text)
        total = 0
        for _ in range(_MOST_PASSES):
            text, removed = _remove_once(text, known)
            if not removed:
                return text, total
            total += removed
        return MARKER, total

    def holds(self, text: str) -> bool:
        """Whether ``remove`` would remove something."""
        known = tuple(filter(None, self._settled()))
        return bool(known) and any(find(piece, known) for piece in _pieces(text)[::2])

    __contains__ = holds

    @property
    def overflowed(self) -> bool:
        """Whether something that was registered didn't fit: text that nobody knows must be withheld then."""
        return any(shingles.overflowed for shingles in self._settled())

    def _settled(self) -> tuple[Shingles, ...]:
        """The layers, with everything in them that was registered up to now."""
        for shingles in self._layers:
            shingles.settle()
        return self._layers

    def child(self) -> Content:
        """Another content that finds what this one finds, now and later; what it registers is its own."""
        nearest, older = self._layers[: _MOST_LAYERS - 2], self._layers[_MOST_LAYERS - 2 :]
        child = Content()
        child._layers = (*child._layers, *nearest, *((_merge(older),) if len(older) > 1 else older))
        return child

    def __copy__(self) -> Content:
        return self.child()

    def __deepcopy__(self, memo: object) -> Content:
        return self.child()

    def __reduce__(self) -> NoReturn:
        raise TypeError("the content of a trace stays in its process")

    def __bool__(self) -> bool:
        return any(self._settled())

    def __repr__(self) -> str:
        count = sum(map(len, self._settled()))
        return f"<Content of {count} shingles{', overflowed' if self.overflowed else ''}>"


def _pieces(text: str) -> list[str]:
    """What stands between markers at even places, the markers at odd ones."""
    return _MARKERS.split(text) if "[" in text else [text]


def _remove_once(text: str, known: tuple[Shingles, ...]) -> tuple[str, int]:
    pieces = _pieces(text)
    total = 0
    for index in range(0, len(pieces), 2):
        piece = pieces[index]
        spans = find(piece, known)
        if spans:
            total += len(spans)
            kept: list[str] = []
            position = 0
            for start, end in spans:
                kept += (piece[position:start], MARKER)
                position = end
            pieces[index] = "".join((*kept, piece[position:]))
    return ("".join(pieces), total) if total else (text, 0)


def _merge(layers: tuple[Shingles, ...]) -> Shingles:
    """One layer that finds what several find now. Only deep nesting needs it: later values of theirs are missed."""
    merged = Shingles()
    for shingles in layers:
        shingles.settle()
        merged.telling |= shingles.telling
        merged.plain |= shingles.plain
        merged.exact |= shingles.exact
        merged.whole_lengths |= shingles.whole_lengths
        merged.whole |= shingles.whole
        merged.overflowed |= shingles.overflowed
    return merged
