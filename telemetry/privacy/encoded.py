"""Decodes the parts of a text that may be Base64 or hexadecimal, cut anywhere, into what they may say."""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_hex
from typing import TYPE_CHECKING, Final

from telemetry.privacy.canonical import expand

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST_ENCODED: Final = 11
"""Characters of Base64 that eight bytes need at least; hexadecimal digits are sixteen."""
_SYMBOLS: Final = "[A-Za-z0-9+/_-]"
_ENCODED: Final = re.compile(f"{_SYMBOLS}{{{SHORTEST_ENCODED},}}+")
_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]{16,}+")
_STANDARD: Final = str.maketrans("-_", "+/")
# Base64's own + and / as URLs, JSON and HTML write them. A run of backslashes is looked at once: linear time.
_ESCAPED: Final = re.compile(
    r"%(?:25)*+2[bBfF]|(?<!\\)\\++(?:/|u002[bBfF]|x2[bBfF])|&(?:amp;)*+(?:#(?:4[37]|[xX]2[bBfF])|plus|sol);"
)
_REST: Final = f"(?:(?:{_ESCAPED.pattern}){_SYMBOLS}*+)"
_ENCODED_WITH_ESCAPES: Final = re.compile(
    f"{_SYMBOLS}{{{SHORTEST_ENCODED},}}+{_REST}*+|{_SYMBOLS}*+{_REST}++"
)
_LEAST: Final = 8
"""Bytes of the shortest text that is looked for: eight letters, or three ideographs, fill a window."""
_LATIN: Final = 5
"""A text of which one byte in so many or fewer is no UTF-8 may be Latin-1, such as a Basic credential."""


def decoded_parts(text: str) -> Iterator[tuple[int, int, str]]:
    """Where an encoded part may stand, and each of the texts that it may stand for."""
    pattern = _ENCODED_WITH_ESCAPES if "%" in text or "\\" in text or "&" in text else _ENCODED
    for part in pattern.finditer(text):
        token = part.group()
        if pattern is not _ENCODED:
            token = _ESCAPED.sub(_unescape, token)
        for raw in _readings(token):
            for decoded in _texts(raw):
                yield part.start(), part.end(), decoded


def _unescape(symbol: re.Match[str]) -> str:
    return expand(symbol.group()).strip()  # a backslash becomes a space


def _readings(token: str) -> Iterator[bytes]:
    padded = "AAA" + token.translate(_STANDARD)
    # The first group of four may be cut: with each character that is missing, a byte can't be read.
    for missing in range(4):
        size = len(token) + missing
        size -= size % 4 == 1  # one character alone holds no byte
        start = 3 - missing
        yield a2b_base64(padded[start : start + size] + "=" * (-size % 4))[missing:]
    for digits in _HEXADECIMAL.finditer(token):
        for offset in range(2):
            size = (len(digits.group()) - offset) // 2 * 2
            yield a2b_hex(digits.group()[offset : offset + size])


def _texts(raw: bytes) -> Iterator[str]:
    decoded = raw.decode("utf-8", "ignore")
    lost = len(raw) - len(decoded if decoded.isascii() else decoded.encode())
    # Most of what isn't encoded decodes to little that is text.
    if len(raw) - lost >= _LEAST:
        yield decoded.replace("\0", "")  # in UTF-16 they would make each letter a word
    if 0 < lost * _LATIN <= len(raw):
        yield raw.decode("latin-1").replace("\0", "")
