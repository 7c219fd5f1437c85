"""Translates Python's regular expressions into Go's, which find at least as much.

Go's engine (RE2) has no look-around, no references to groups and no repeats above a thousand. A condition that
it can't state is left out, and what has to stand before a find is taken with it: a collector may take too much,
not too little.
"""
# ruff: noqa: INP001  # a script in no package

from __future__ import annotations

import re
from re import _constants as kinds  # type: ignore[attr-defined]  # the tree that re itself compiles from
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

_SIGNS: Final = frozenset("\\.+*?()|[]{}^$-")
_REPEAT: Final = re.compile(r"(?<!\\x)(?<!\\p)\{(?:\d+,)?(\d+)\}")
_CLASS: Final = re.compile(r"\[(?:[^\[\]\\]|\\.)*\]|\\?.")
_MOST: Final = 1000
"""The largest repeat that RE2 compiles."""
WORD: Final = r"\p{L}\p{M}\p{N}_"
"""What Python's ``\\w`` is within a class of Go's, and a little more."""
_CLASSES: Final = {
    kinds.CATEGORY_DIGIT: r"\p{Nd}",
    kinds.CATEGORY_NOT_DIGIT: r"\P{Nd}",
    kinds.CATEGORY_WORD: WORD,
    kinds.CATEGORY_SPACE: r"\s\x0b\x1c-\x1f\x85\x{a0}\p{Z}",
    kinds.CATEGORY_NOT_SPACE: r"\S",
    kinds.CATEGORY_NOT_WORD: r"\W",
}
_OUTSIDE: Final = {
    kinds.CATEGORY_DIGIT: r"\d",
    kinds.CATEGORY_WORD: r"\w",
    kinds.CATEGORY_SPACE: r"\s",
    kinds.CATEGORY_NOT_WORD: r"\P{L}",
}
"""The same within a class that is turned round, where leaving out less finds more."""
_PLACES: Final = {
    kinds.AT_BEGINNING: "^",
    kinds.AT_END: "$",
    # Go's border knows ASCII letters only, so it sees more borders than Python's: every token begins with ASCII.
    kinds.AT_BOUNDARY: r"\b",
}


class UntranslatableError(ValueError):
    """A construct of Python's for which there is neither a translation nor a wider one."""


def translate(pattern: re.Pattern[str]) -> str:
    """The pattern for Go.

    Raises:
        UntranslatableError: for a construct that the rules of this project don't use.

    """
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    return _folded(_sequence(tree.data, {}), pattern.flags)


def _folded(text: str, flags: int) -> str:
    return f"(?i:{text})" if flags & re.IGNORECASE else text


def _sequence(items: Any, groups: dict[int, str]) -> str:
    return "".join(_item(kind, value, groups) for kind, value in items)


def _item(kind: Any, value: Any, groups: dict[int, str]) -> str:
    if kind is kinds.ASSERT and value[0] < 0:
        return _sequence(value[1], groups)
    if kind in (kinds.ASSERT, kinds.ASSERT_NOT):
        return ""
    if kind is kinds.AT:
        return _PLACES[value]
    if kind is kinds.LITERAL:
        return _literal(value)
    if kind is kinds.NOT_LITERAL:
        return f"[^{_literal(value)}]"
    if kind is kinds.IN:
        return _class(value)
    if kind is kinds.BRANCH:
        return f"(?:{'|'.join(_sequence(branch, groups) for branch in value[1])})"
    if kind is kinds.SUBPATTERN:
        number, added, _, inside = value
        text = _folded(f"(?:{_sequence(inside, groups)})", added)
        if number is not None:
            groups[number] = text
        return text
    if kind is kinds.GROUPREF:
        return groups[value]
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
        least, most, inside = value
        return _repeated(_sequence(inside, groups), least, most)
    raise UntranslatableError(f"{kind} has no translation")


def _repeated(text: str, least: int, most: Any) -> str:
    if not text:
        return ""
    # Repeats of repeats multiply, and RE2 counts the product.
    inner = max((int(found[1]) for found in _REPEAT.finditer(text)), default=1)
    if most is kinds.MAXREPEAT or most * inner > _MOST:
        most = None
        least = min(least, 1 if inner > 1 else least)
    if len(text) > 1 and _CLASS.fullmatch(text) is None:
        text = f"(?:{text})"
    plain = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((least, most))
    return text + (
        plain or "{" + (f"{least}" if least == most else f"{least},{'' if most is None else most}") + "}"
    )


def _class(members: Any) -> str:
    negated = members[0][0] is kinds.NEGATE
    parts = ["^"] if negated else []
    for kind, value in members[1:] if negated else members:
        if kind is kinds.LITERAL:
            parts.append(_literal(value))
        elif kind is kinds.RANGE:
            parts.append(f"{_literal(value[0])}-{_literal(value[1])}")
        else:
            parts.append((_OUTSIDE if negated else _CLASSES)[value])
    return f"[{''.join(parts)}]"


def _literal(code: int) -> str:
    character = chr(code)
    if character.isascii() and character.isprintable():
        return f"\\{character}" if character in _SIGNS else character
    return f"\\x{{{code:x}}}"
