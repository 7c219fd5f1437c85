"""The one form that a text has however it was escaped, cased, spaced or normalised.

Two steps. ``expand`` undoes escapes and takes letters to their plain form; words and their borders are still
there. ``condense`` then leaves only lower-case letters and digits. Both work character by character or escape
by escape, so a part of a text has a part of its canonical form: that is what makes fragments recognisable.
"""

from __future__ import annotations

import html
import re
import unicodedata
from array import array
from functools import lru_cache
from typing import Final

# However often a text was escaped, its backslashes stand in one run, and %25 and &amp; repeat: one rule for any
# depth. What a text itself holds of this kind is read the same way when it is registered. The last alternative
# takes every run of backslashes that the others left, so that no run is looked at twice: the time is linear.
_BACKSLASHES: Final = r"(?:\\|%(?:25)*5[cC])++"
_ESCAPED: Final = re.compile(
    rf"""
      (?P<byte>(?:{_BACKSLASHES}x[0-9a-fA-F]{{2}})+)
    | (?P<unit>(?:{_BACKSLASHES}u[0-9a-fA-F]{{4}})+)
    | (?P<point>{_BACKSLASHES}(?:U[0-9a-fA-F]{{8}}|u\{{[0-9a-fA-F]{{1,6}}\}}))
    | (?P<octal>(?:{_BACKSLASHES}[0-3][0-7]{{2}})+)
    | (?P<control>{_BACKSLASHES}[abfnrtvABFNRTV]?)
    | (?P<percent>(?:%(?:25)*(?!(?:25)*5[cC])[0-9a-fA-F]{{2}})+)
    | (?P<entity>&(?:amp;)*(?:\#[0-9]{{1,7}}|\#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,30}});)
    """,
    re.VERBOSE,
)
_UNIT: Final = re.compile(r"u(.{4})")
_PERCENT: Final = re.compile(r"%(?:25)*([0-9a-fA-F]{2})")
_BYTE: Final = re.compile(r"x(..)")
_OCTAL: Final = re.compile(rf"{_BACKSLASHES}(...)")
_POINT: Final = re.compile(r"[uU]\{?([0-9a-fA-F]+)")
_DOTLESS: Final = "\u0131"  # its capital is the capital of i

_FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")
_GAPS: Final = re.compile(r"[\W_]+")
_LOWER: Final = bytes(range(256)).lower()
_NO_WORD: Final = bytes(code for code in range(256) if not (code < 128 and chr(code).isalnum()))
# Bytes that are no UTF-8 were Latin-1: repr writes é as \xe9 in a str and as \xc3\xa9 in bytes.
_LATIN: Final = {0xDC00 + code: code for code in range(128, 256)}
# An ideograph says about as much as three letters; repeated, three of them fill a window.
_IDEOGRAPHS: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")


def expand(text: str) -> str:
    """A text without escapes, accents and compatibility forms; its words, borders and case are kept."""
    if "\\" in text or "%" in text or "&" in text:
        text = _ESCAPED.sub(_unescape, text)
    return text if text.isascii() else _FOREIGN.sub(_fold_all, text)


def condense(expanded: str) -> str:
    """The lower-case letters and digits of an expanded text."""
    if expanded.isascii():
        return expanded.encode("ascii").translate(_LOWER, _NO_WORD).decode("ascii")
    return _GAPS.sub("", expanded).lower()


class Reading:
    """An expanded text that knows where each of its characters came from."""

    __slots__ = ("_ends", "_starts", "text")

    def __init__(self, original: str) -> None:
        self.text = expand(original)
        self._starts: array[int] | None = None
        self._ends: array[int] | None = None
        if self.text is not original:
            self._trace(original)

    def _trace(self, original: str) -> None:
        self._starts, self._ends = array("Q"), array("Q")
        position = 0
        for escape in _ESCAPED.finditer(original):
            self._read(original, position, escape.start())
            size = len(expand(escape.group()))
            self._starts.extend([escape.start()] * size)
            self._ends.extend([escape.end()] * size)
            position = escape.end()
        self._read(original, position, len(original))

    def _read(self, original: str, start: int, end: int) -> None:
        starts, ends = self._starts, self._ends
        if starts is None or ends is None:
            return
        position = start
        for foreign in _FOREIGN.finditer(original, start, end):
            starts.extend(range(position, foreign.start()))
            ends.extend(range(position + 1, foreign.start() + 1))
            for position, character in enumerate(foreign.group(), foreign.start()):
                size = len(_fold(character))
                if size == 0 and ends:
                    ends[-1] = position + 1  # a combining mark goes where its letter goes
                starts.extend([position] * size)
                ends.extend([position + 1] * size)
            position = foreign.end()
        starts.extend(range(position, end))
        ends.extend(range(position + 1, end + 1))

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of the expanded text, at least one character long, stands in the original."""
        if self._starts is None or self._ends is None:
            return start, end
        return self._starts[start], self._ends[end - 1]


def _unescape(escape: re.Match[str]) -> str:
    kind, text = escape.lastgroup, escape.group()
    if kind == "control":
        return " "
    if kind == "entity":
        return html.unescape("&" + text[1:].replace("amp;", ""))
    if kind == "unit":
        units = "".join(chr(int(digits, 16)) for digits in _UNIT.findall(text))
        return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if kind == "point":
        code = int(_POINT.findall(text)[0], 16)
        return chr(code) if code <= 0x10FFFF else " "
    if kind == "octal":
        raw = bytes(int(digits, 8) for digits in _OCTAL.findall(text))
    else:
        raw = bytes.fromhex("".join((_PERCENT if kind == "percent" else _BYTE).findall(text)))
    return raw.decode("utf-8", "surrogateescape").translate(_LATIN)


def _fold_all(foreign: re.Match[str]) -> str:
    return "".join(map(_fold, foreign.group()))


@lru_cache(maxsize=4096)  # single characters: nothing can be read from the cache
def _fold(character: str) -> str:
    """The plain form of one character: é is e, ß is ss, ﬁ is fi; marks and invisible characters are nothing."""
    decomposed = unicodedata.normalize("NFKD", character)
    if not decomposed.isascii():  # an accented capital stays one: words are told by their case too
        decomposed = "".join(
            part if part.isascii() else unicodedata.normalize("NFKD", part.casefold()) for part in decomposed
        )
    return "".join(
        part * 3 if _IDEOGRAPHS.match(part) else part
        for part in decomposed.replace(_DOTLESS, "i")
        if unicodedata.category(part)[0] not in "MC"
    )
