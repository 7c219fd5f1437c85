"""A bounded copy of what an application logged, made without calling any code of the application.

An item waits in a queue until the sender's thread cleans it. Until then its values must neither change nor
keep large objects alive, and only exact methods of the builtin types are asked: a subclass may do anything.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from opentelemetry.attributes import BoundedAttributes

from telemetry.privacy import policy

LONGEST: Final = 4 * policy.MAX_TEXT
"""Characters kept of one text: as many as a scrubber looks at in the longest, a stack trace."""
_MOST_CHARACTERS: Final = 4 * LONGEST
_MOST_VALUES: Final = 1024
_OF_A_VALUE: Final = 64
"""Bytes that a value keeps in memory besides its text."""
_LARGEST: Final = 2**63
_UNREAD: Final = ...  # of no type that a scrubber reads: it becomes a marker


def cut(text: str) -> str:
    """A text's beginning, of at most ``LONGEST`` characters, all of which can be encoded.

    A lone surrogate cannot, and would take its whole batch with it.
    """
    start = str.__getitem__(text, slice(0, LONGEST))
    return start if start.isascii() else start.encode("utf-8", "replace").decode("utf-8")


class Snapshot:
    """Copies the values of one log record, within bounds that all of them share."""

    __slots__ = ("_characters", "_values")

    def __init__(self) -> None:
        self._characters = _MOST_CHARACTERS
        self._values = _MOST_VALUES

    @property
    def weight(self) -> int:
        """About how many bytes the copies keep in memory."""
        return _MOST_CHARACTERS - self._characters + _OF_A_VALUE * (_MOST_VALUES - self._values)

    def value(self, value: Any, depth: int = 0) -> Any:
        """A value of plain types; an ellipsis stands for what is too deep, too much or of another type."""
        kind = type(value)
        if value is None or kind is bool:
            return value
        self._values -= 1
        if self._values < 0:
            return _UNREAD
        if issubclass(kind, str):
            return self.text(value)
        if issubclass(kind, int):
            number = int.__pos__(value)
            return number if -_LARGEST <= number < _LARGEST else _UNREAD
        if issubclass(kind, float):
            return float.__pos__(value)
        if depth > policy.MAX_DEPTH:
            return _UNREAD
        if issubclass(kind, list):
            return self._items(list.__getitem__(value, slice(0, policy.MAX_ITEMS)), depth)
        if issubclass(kind, tuple):
            return self._items(tuple.__getitem__(value, slice(0, policy.MAX_ITEMS)), depth)
        if issubclass(kind, dict) or kind is BoundedAttributes:
            return self.mapping(value, depth)
        return _UNREAD

    def text(self, text: str) -> Any:
        """A text's beginning; nothing of it when the record's room is used up: half a secret looks like none."""
        kept = min(str.__len__(text), LONGEST)
        if kept > self._characters:
            return _UNREAD
        self._characters -= kept
        return cut(text)

    def mapping(self, mapping: Any, depth: int = 0) -> dict[str, Any]:
        """The entries of a dictionary whose keys are strings; none of anything else."""
        if type(mapping) is BoundedAttributes:
            mapping = mapping.copy()
        if not issubclass(type(mapping), dict):
            return {}
        copied: dict[str, Any] = {}
        for key, value in list(islice(dict.items(mapping), policy.MAX_ITEMS)):
            name = self.text(key) if issubclass(type(key), str) else _UNREAD
            if name is not _UNREAD:
                copied[name] = self.value(value, depth + 1)
        return copied

    def _items(self, items: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        return [self.value(item, depth + 1) for item in items]
