"""Decodes the parts of a text that may be Base64 or hexadecimal, cut anywhere, into what they may say."""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_hex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Eight characters are eleven of Base64 or sixteen hexadecimal digits.
_ENCODED: Final = re.compile(r"[A-Za-z0-9+/_-]{11,}+")
_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]{16,}+")
_STANDARD: Final = str.maketrans("-_", "+/")


def decoded_parts(text: str) -> Iterator[tuple[int, int, str]]:
    """Where an encoded part may stand, and each of the texts that it may stand for."""
    for part in _ENCODED.finditer(text):
        token = part.group()
        for raw in _readings(token):
            decoded = raw.decode("utf-8", "ignore")
            # Most of what isn't Base64 decodes to little that is text.
            if len(decoded) >= 8:
                yield part.start(), part.end(), decoded


def _readings(token: str) -> Iterator[bytes]:
    standard = token.translate(_STANDARD)
    for offset in range(4):  # where a group of four begins is not known: the text before may be cut
        size = len(token) - offset
        size -= size % 4 == 1  # one character alone holds no byte
        yield a2b_base64(standard[offset : offset + size] + "=" * (-size % 4))
    for digits in _HEXADECIMAL.finditer(token):
        for offset in range(2):
            size = (len(digits.group()) - offset) // 2 * 2
            yield a2b_hex(digits.group()[offset : offset + size])
