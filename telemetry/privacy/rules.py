"""What a rule is: why something is removed, and how it is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import re

START: Final = r"(?:\b|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
"""Where a token may begin: at a word's border, and behind an escape, whose last letter would hide the border."""

BASE64_START: Final = r"(?:(?<![A-Za-z0-9+/_-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
"""The same for tokens that are told by their length."""


@dataclass(frozen=True)
class Rule:
    """Why something is removed. ``pattern`` finds it in text or in a key; some rules have no pattern."""

    id: str
    reason: str
    pattern: re.Pattern[str] | None = None
    hints: tuple[str, ...] = ()
    """Lower-case pieces, one of which every match holds: a text without them need not be searched."""
    check: str | None = None
    """The checker in checksums.py that a match has to pass."""
    digits: bool = False
    """Whether every match holds at least six digits: a text with fewer need not be searched."""
    long: bool = False
    """Whether every match holds sixteen characters of a token in a row: most texts don't."""
    prose: bool = False
    """Only for running text: a label or a host of a known key may look like this and be meant."""


def hints(text: str) -> tuple[str, ...]:
    """A rule's hints, where they are many: pieces with spaces between them."""
    return tuple(text.split())
