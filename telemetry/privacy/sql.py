"""Removes the data from SQL text and keeps the template: literals become ``?``, comments go.

One pass over the text with one pattern whose repeats never give back, so the time is linear. A literal
that is never closed swallows the rest, and so does a quote after a backslash, which ends a literal in some
dialects and not in others: what can't be understood is not sent.
"""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<dollar>\$(?P<tag>[A-Za-z_]*)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<string>[EeNnXxBb]?'(?:[^'\\]|''|\\(?!'|\Z))*+(?:'|\\.*\Z|\Z))
    | (?P<quoted>"(?:[^"\\]|""|\\(?!"|\Z))*+(?:"|\\.*\Z|\Z)|`(?:[^`]|``)*+(?:`|\Z))
    | (?P<parameter>%\([A-Za-z_]\w*\)s|%s|(?<!:):[A-Za-z_]\w*|\$\d+|\?)
    | (?P<word>[^\W\d]\w*)
    | (?P<number>(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))
    | (?P<space>\s+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

# A quoted text after one of these names a table, a column or an alias; elsewhere it may be somebody's words.
_NAMES_FOLLOW = frozenset(
    {"FROM", "JOIN", "INTO", "UPDATE", "TABLE", "AS", "INDEX", "EXISTS", "ON", "BY", "."}
)
_PLAIN_NAME = re.compile(r'["`][A-Za-z_]\w{0,62}["`]')
_TRAILING_NUMBER = re.compile(r"(?<=_)\d+\b")
_LIST = re.compile(r"\((?:\?|%s|NULL)(?:, ?(?:\?|%s|NULL))+\)")
_ROWS = re.compile(r"\(\?…\)(?:, ?\(\?…\))+")

MAX_SQL = 4_096


@lru_cache(maxsize=1024)
def template(statement: str) -> str:
    """A statement without literals and comments; lists of values fold into ``(?…)``.

    ``SELECT name FROM users WHERE id IN (1, 2, 3) -- of Acme`` becomes
    ``SELECT name FROM users WHERE id IN (?…)``.
    """
    kept: list[str] = []
    before = ""
    for match in _TOKEN.finditer(statement[:MAX_SQL]):
        kind, token = match.lastgroup, match.group()
        if kind == "tag":  # the inner group of a dollar-quoted literal is what matched last
            kind = "dollar"
        if kind == "comment":
            continue
        if kind == "space":
            if kept and kept[-1] != " ":
                kept.append(" ")
            continue
        kept.append(_keep(kind or "", token, before))
        before = token.upper() if kind == "word" else token
    text = "".join(kept).strip()
    text = _TRAILING_NUMBER.sub("?", text)
    return _ROWS.sub("(?…)", _LIST.sub("(?…)", text))


def _keep(kind: str, token: str, before: str) -> str:
    if kind in ("string", "dollar", "number"):
        return "?"
    if kind == "quoted":
        names_something = before in _NAMES_FOLLOW and _PLAIN_NAME.fullmatch(token)
        return token if names_something else '"?"'
    if kind == "parameter":
        return "?" if token.startswith((":", "%(")) else token
    return token


_VERB = re.compile(r"\s*([A-Za-z]{2,20})\b")
_TARGET = re.compile(
    r"(?i)\b(?:FROM|INTO|UPDATE|JOIN|TABLE(?: IF (?:NOT )?EXISTS)?)\s+[\"`\[]?([A-Za-z_][\w?]{0,62})"
)


@lru_cache(maxsize=1024)
def summary(statement_template: str) -> str:
    """The verb and first table of a template, such as ``SELECT memories``: a low-cardinality name."""
    verb = _VERB.match(statement_template)
    if verb is None:
        return "SQL"
    target = _TARGET.search(statement_template)
    return f"{verb[1].upper()} {target[1]}" if target else verb[1].upper()
