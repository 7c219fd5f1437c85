"""Texts cut into the pieces of words that the model knows, as numbers: BERT's uncased WordPiece.

The vocabulary beside this file is that of BERT base uncased, by Google, under the Apache License 2.0.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

MOST_PIECES: Final = 256
"""The model was made for texts of so many pieces; of longer ones the beginning counts."""

_VOCABULARY = Path(__file__).with_name("vocabulary.txt")
_UNKNOWN, _BEGIN, _END = 100, 101, 102
# A piece has a character at least, so what comes later can't be among the pieces; most have four.
_MOST_CHARACTERS = 16 * MOST_PIECES
_LONGEST_WORD = 100
_REMEMBERED = 0x3000
# Blocks of Chinese characters, each of which is a word.
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class _Spacing(dict[int, str]):
    """What takes a character's place: a space, nothing, or itself, between spaces where it is a word."""

    def __missing__(self, code: int) -> str:
        found = _spaced(chr(code))
        if code < _REMEMBERED:
            self[code] = found
        return found


_SPACING = _Spacing()


def pieces(text: str) -> list[int]:
    """The numbers of a text's pieces, between those of a beginning and an end; ``MOST_PIECES`` at most."""
    plain = unicodedata.normalize("NFD", text[:_MOST_CHARACTERS].lower()).translate(_SPACING)
    found = [_BEGIN]
    for word in plain.split():
        found += _of_word(word)
        if len(found) >= MOST_PIECES:
            break
    return [*found[: MOST_PIECES - 1], _END]


def _of_word(word: str) -> list[int]:
    """The longest piece that fits, again and again; a word of which a part fits nowhere is unknown."""
    known = _vocabulary()
    if len(word) > _LONGEST_WORD:
        return [_UNKNOWN]
    found: list[int] = []
    begin = 0
    while begin < len(word):
        mark = "##" if begin else ""
        for end in range(len(word), begin, -1):
            number = known.get(mark + word[begin:end])
            if number is not None:
                found.append(number)
                begin = end
                break
        else:
            return [_UNKNOWN]
    return found


@cache
def _vocabulary() -> dict[str, int]:
    # Not splitlines(): some pieces are characters that it takes for ends of lines.
    lines = _VOCABULARY.read_text(encoding="utf-8").rstrip("\n").split("\n")
    return {piece: number for number, piece in enumerate(lines)}


def _spaced(character: str) -> str:
    code, category = ord(character), unicodedata.category(character)
    if character in "\t\n\r" or category[0] == "Z":
        return " "
    # Accents, which NFD sets apart, and what isn't seen.
    if category in {"Mn", "Cc", "Cf", "Co"} or code == 0xFFFD:
        return ""
    is_word = category[0] == "P" or (code < 128 and not character.isalnum())
    if is_word or any(low <= code <= high for low, high in _IDEOGRAPHS):
        return f" {character} "
    return character
