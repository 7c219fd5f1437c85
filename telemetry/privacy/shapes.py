"""The shape of a value: what kind of thing it is and how much of it there is, and nothing of what it says.

Nothing of the value is called: lengths are asked of exact builtin types only, whose ``len`` is the
interpreter's own. Of any other object only the class is named.
"""

from __future__ import annotations

import re
from typing import Any, Final

_SIZED: Final[dict[type, str]] = {
    str: "len",
    bytes: "len",
    bytearray: "len",
    list: "len",
    tuple: "len",
    set: "len",
    frozenset: "len",
    dict: "keys",
}
_PLAIN: Final = frozenset({int, float, bool, complex, type(None)})
_NAME_OF_TYPE: Final = type.__dict__["__name__"]

SHAPE: Final = re.compile(
    r"(?:str|bytes|bytearray|list|tuple|set|frozenset) len=\d{1,12}|dict keys=\d{1,12}|"
    r"int|float|bool|complex|None|(?P<name>[A-Za-z_]\w{0,60})"
)
"""What a shape looks like; ``name`` is a class of the program or of a library."""


def shape(value: Any) -> str:
    """``str len=532``, ``dict keys=4``, ``int``, ``None``, or the name of an object's class."""
    kind = type(value)
    if kind in _SIZED:
        return f"{kind.__name__} {_SIZED[kind]}={len(value)}"
    if kind in _PLAIN:
        return "None" if value is None else kind.__name__
    # The slot itself: a metaclass may answer `kind.__name__` with anything.
    return str(_NAME_OF_TYPE.__get__(kind))
