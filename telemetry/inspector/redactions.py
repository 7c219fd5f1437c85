"""Counts the markers that redaction left in received data, by rule."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

# The page highlights the same three shapes: static/chips.js mirrors them.
MARKER = re.compile(r"\[redacted:([\w.:/-]{1,64})(?: len=\d{1,12})?\]|\[(data|Filtered)\]")
"""``[redacted:RULE]``, ``[redacted:RULE len=NN]``, ``[data]``, and Sentry's own ``[Filtered]``."""

_SQL = re.compile(r"\s*(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|WITH)\s", re.IGNORECASE)
_SQL_VALUE = re.compile(r"(?<=[\s(,=<>])\?")
_QUERY_KEYS = frozenset(("db.query.text", "db.statement"))
_MAX_RULES = 100

Redactions = dict[str, int]
"""How often each rule left its marker; ``data``, ``Filtered`` and ``sql`` stand for those without a rule."""


def count(value: Any) -> Redactions:
    """Count markers in every string, key and nested value of a JSON-like value."""
    found: Counter[str] = Counter()
    _walk(value, found)
    return dict(found)


def total(parts: Iterable[Redactions]) -> Redactions:
    """Add up counts, most frequent rule first; rules beyond the first hundred are summed as ``other``."""
    found: Counter[str] = Counter()
    for part in parts:
        for rule, number in part.items():
            found[rule if rule in found or len(found) < _MAX_RULES else "other"] += number
    return dict(found.most_common())


def _walk(value: Any, found: Counter[str], *, is_query: bool = False) -> None:
    if isinstance(value, str):
        if "[" in value:
            for match in MARKER.finditer(value):
                found[match[1] or match[2]] += 1
        if "?" in value and (is_query or _SQL.match(value)):
            number = len(_SQL_VALUE.findall(value))
            if number:
                found["sql"] += number
    elif isinstance(value, dict):
        for key, item in value.items():
            _walk(key, found)
            _walk(item, found, is_query=key in _QUERY_KEYS)
    elif isinstance(value, list):
        for item in value:
            _walk(item, found)
