"""What values may look like in the collector: the policy's shapes in Go's patterns, narrowed where words matter."""
# ruff: noqa: INP001  # beside the script that uses it, in no package

from __future__ import annotations

import re
from typing import Final

from ottl import any_of
from re2 import WORD, translate

from telemetry.privacy import policy, words

_SPACED: Final = frozenset({"label", "name", "thread"})
"""Shapes that may hold spaces in the application. A sentence has them too, and here nobody knows its words."""
FILE: Final = (
    r"(?:[A-Za-z0-9_.<>-]{0,100}/){1,9}[A-Za-z0-9_.<>-]{1,100}|[A-Za-z0-9_-]{1,60}\.py|<[a-z. ]{1,40}>"
)
DOTTED: Final = r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)+"


def shape(name: str) -> str:
    """The pattern of one of the policy's shapes."""
    pattern = policy.SHAPES[name]
    if name in _SPACED:
        pattern = re.compile(pattern.pattern.replace(" ", ""))
    known = "|" + any_of(words.THREADS) if name == "thread" else ""
    # ASCII only: classes of Unicode, repeated, take the collector seconds to compile.
    return f"(?:{translate(pattern)}{known})".replace(WORD, "0-9A-Za-z_")


def statement() -> str:
    """Keywords, names and placeholders; no literal, and no two words in a row neither of which is a keyword."""
    keyword = rf"(?i:{any_of(words.SQL | words.VERBS)})"
    word = r"(?:\"?[A-Za-z_][A-Za-z0-9_.]{0,62}\"?|[0-9]{1,6})"
    sign = r"(?:\?|%s|%\([A-Za-z_]\w{0,40}\)s|\$[0-9]{1,3}|:[A-Za-z_]\w{0,40}|[,()=<>!+*/|;-])"
    verbs = any_of(words.VERBS)
    sql = rf"(?i:{verbs})\b\s*(?:(?:{word}\s*)?{sign}\s*|(?:{word}\s+)?{keyword}\b\s*)*(?:{word}\s*)?"
    redis = rf"(?:{any_of(words.REDIS)})(?: \?)*"
    return f"{sql}|{redis}".replace("$", "$$")
