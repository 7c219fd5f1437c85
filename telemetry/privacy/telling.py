"""Finds the words of a text that say something about somebody, and the windows that show enough of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from telemetry.privacy.common_words import GRAMMAR, PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

WINDOW: Final = 8
"""Canonical characters of a window: the shortest part of a value that is found again."""
OPENING: Final = 4
"""Letters at the beginning of a telling word that make a window telling."""
ENDING: Final = 5
"""Letters at its end that do. With ``OPENING`` it leaves no window of two neighbouring telling words out."""
GLIMPSE: Final = 3
"""Letters of a word that nobody knows, in the text that is looked at: what was cut may be glued to anything."""
TELLING_DIGITS: Final = 7
"""Digits in a row, however they are grouped, that are somebody's: fewer are ports, counts and codes."""

_TOKEN: Final = re.compile(r"[^\W_]+")
# Parts of a token: HTTPServer2 is HTTP, Server, 2. Digits stand apart, so acme2 has a border after acme.
PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_NUMBERED: Final = re.compile(r"([a-z]{3,})\d{1,3}")
_LONGEST_NAME: Final = 64


def _inflect(word: str) -> Iterator[str]:
    yield word
    yield word + "s"
    if len(word) > 2:
        stem = word[:-1]
        yield from (word + "es", word + "ed", word + "ing", word + "er")
        if word[-1] == "e":
            yield from (stem + "ed", stem + "ing", stem + "er")
        elif word[-1] == "y":
            yield from (stem + "ies", stem + "ied")
        elif word[-1] not in "aeiouwx":
            yield from (word + word[-1] + "ed", word + word[-1] + "ing", word + word[-1] + "er")


COMMON: Final = GRAMMAR | frozenset(form for word in PROGRAMS for form in _inflect(word))


def is_common(token: str) -> bool:
    """Whether a token, letters and digits in their original case, says nothing about anybody."""
    lower = token.lower()
    if lower in COMMON or (len(lower) == 1 and lower != "i"):
        return True
    if token.isalpha():
        # A name in code, such as ConnectionTimeout, is its parts; a run of lower case is not taken apart.
        joined = len(token) <= _LONGEST_NAME and not token.islower() and not token.istitle()
        return joined and all(part.lower() in COMMON for part in PART.findall(token))
    numbered = _NUMBERED.fullmatch(lower)
    return lower.isdigit() or (numbered is not None and numbered[1] in COMMON)


def telling_words(expanded: str) -> list[tuple[int, int]]:
    """Where the telling words of an expanded text stand in its canonical form, in order."""
    found: list[tuple[int, int]] = []
    position = digits_from = digits = 0
    border = -1
    for token in _TOKEN.finditer(expanded):
        text = token.group()
        start, position = position, position + len(text)
        if text.isdigit():
            # +49 30 555-0147 is one number: what stands between its groups is at most two characters.
            if not digits or token.start() - border > 2:
                digits_from, digits = start, 0
            digits += len(text)
            border = token.end()
            if digits >= TELLING_DIGITS:
                if found and found[-1][0] == digits_from:
                    found.pop()
                found.append((digits_from, position))
        else:
            digits = 0
            if not is_common(text):
                found.append((start, position))
    return found


def telling_windows(
    words: list[tuple[int, int]], count: int, opening: int = OPENING, ending: int = ENDING
) -> bytes:
    """One byte for each of ``count`` windows: 1 where it shows enough of a telling word, 0 elsewhere."""
    flags = bytearray(count)
    border = -WINDOW
    for start, end in words:
        # The end of the word before and this one's beginning show enough together: nn user Bo.
        near = start - border <= WINDOW - OPENING
        first = max(0, start + (1 if near else min(opening, end - start)) - WINDOW)
        last = min(max(start, end - ending), count - 1)
        if first <= last:
            flags[first : last + 1] = b"\x01" * (last + 1 - first)
        border = end
    return bytes(flags)
