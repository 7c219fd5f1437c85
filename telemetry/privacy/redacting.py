"""Replaces what value rules find in a text by their markers; total, bounded, and twice is as good as once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from telemetry.privacy.checksums import CHECKS
from telemetry.privacy.patterns import SWITCHABLE, VALUE_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from telemetry.privacy.rules import Rule

_PASSES: Final = 3
"""A marker ends a word, so what stood beside a find may be one itself. More passes than this is made up."""
_LONGEST_KEPT: Final = 256
"""Characters of a text whose result is remembered: what repeats is short, and memory stays small."""
_SIX_DIGITS: Final = re.compile(r"(?:\D*\d){6}")
_LONG: Final = re.compile(r"[A-Za-z0-9_+/=-]{16}")


class Redactor:
    """The value rules, all but those that the operator switched off.

    Args:
        off: ids of rules that don't act; those that can't be switched off act all the same.

    """

    def __init__(self, off: Iterable[str] = ()) -> None:
        without = SWITCHABLE.intersection(off)
        self._prose = tuple(rule for rule in VALUE_RULES if rule.id not in without)
        self._anywhere = tuple(rule for rule in self._prose if not rule.prose)
        self._remembered = lru_cache(maxsize=4096)(self._redact)

    def __call__(self, text: str, *, prose: bool = True) -> tuple[str, str | None]:
        """The text with markers, and the rule that acted last; None when none did."""
        return self._remembered(text, prose) if len(text) <= _LONGEST_KEPT else self._redact(text, prose)

    def _redact(self, text: str, prose: bool) -> tuple[str, str | None]:
        acted: str | None = None
        for _ in range(_PASSES):
            before = text
            lowered = text.lower()
            digits = _SIX_DIGITS.match(text) is not None
            long = _LONG.search(text) is not None
            for rule in self._prose if prose else self._anywhere:
                if (rule.digits and not digits) or (rule.long and not long):
                    continue
                if rule.hints and not any(hint in lowered for hint in rule.hints):
                    continue
                clean = _replaced(rule, text)
                if clean != text:
                    text, acted = clean, rule.id
                    lowered = text.lower()
            if text == before:
                return text, acted
        return (text, acted) if acted is None else (f"[redacted:{acted}]", acted)


def _replaced(rule: Rule, text: str) -> str:
    pattern = rule.pattern
    if pattern is None:
        return text
    marker = f"[redacted:{rule.id}]"
    if rule.check is None:
        return pattern.sub(marker, text)
    holds = CHECKS[rule.check]

    def decide(found: re.Match[str]) -> str:
        return marker if holds(found[0]) else found[0]

    return pattern.sub(decide, text)
