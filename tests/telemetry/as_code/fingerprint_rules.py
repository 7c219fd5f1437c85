"""Reads fingerprint rules as Sentry documents them, and says into which group an event falls and what it is called.

An own reader, because no package has one; globs are matched by Sentry's own library. What decides: the first rule
that fits; matchers of one kind have to fit the same exception, frame or tag set; messages and values are compared
without regard to case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from sentry_ophio.glob import is_glob_match

_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_MATCHER: Final = re.compile(rf"(!?)([A-Za-z0-9_.-]+):({_QUOTED}|\S+)\s*")
_PART: Final = re.compile(rf'(?:title=({_QUOTED})|(\{{\{{\s*\S+\s*\}}\}})|([^\s{{,"=]+))\s*,?\s*')
_VARIABLE: Final = re.compile(r"\{\{\s*(\S+)\s*\}\}")
_EXCEPTION: Final = {"error.type": "type", "error.value": "value"}
_FRAME: Final = {"stack.module": "module", "stack.function": "function", "stack.abs_path": "filename"}
_ANY_CASE: Final = frozenset({"error.value", "message", "level"})


@dataclass(frozen=True)
class Rule:
    """One line."""

    matchers: tuple[tuple[bool, str, str], ...]
    """Negated, key, pattern."""
    fingerprint: tuple[str, ...]
    title: str | None


@dataclass(frozen=True)
class Group:
    """Where an event belongs; the fingerprint is ``{{ default }}`` when no rule fits."""

    fingerprint: tuple[str, ...]
    title: str


def parse(text: str) -> list[Rule]:
    """The rules of a text; ValueError on a line that is neither rule nor comment nor empty."""
    return [_rule(line) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def group_of(event: dict[str, Any], rules: list[Rule]) -> Group:
    """The group of an event as it is sent."""
    for rule in rules:
        if _fits(rule, event):
            parts = tuple(
                _VARIABLE.sub(lambda found: _variable(found[1], event), part) for part in rule.fingerprint
            )
            title = _VARIABLE.sub(lambda found: _variable(found[1], event), rule.title or "")
            return Group(parts, title or _default_title(event))
    return Group(("{{ default }}",), _default_title(event))


def _rule(line: str) -> Rule:
    left, arrow, right = line.partition(" -> ")
    if not arrow:
        raise ValueError(f"no arrow: {line}")
    matchers = tuple(
        (bool(found[1]), found[2], _plain(found[3])) for found in _all(_MATCHER, left.strip(), line)
    )
    for _, key, _ in matchers:
        if key not in {*_EXCEPTION, *_FRAME, "message", "logger", "level", "release"} and not key.startswith(
            "tags."
        ):
            raise ValueError(f"unknown matcher {key}")
    parts = _all(_PART, right.strip(), line)
    titles = [_plain(found[1]) for found in parts if found[1]]
    return Rule(
        matchers,
        tuple(found[2] or found[3] for found in parts if not found[1]),
        titles[0] if titles else None,
    )


def _all(pattern: re.Pattern[str], text: str, line: str) -> list[re.Match[str]]:
    """Matches that follow one another and leave nothing over."""
    found, position = [], 0
    while position < len(text):
        match = pattern.match(text, position)
        if match is None or match.end() == position:
            raise ValueError(f"can't be read from {text[position:]!r}: {line}")
        found.append(match)
        position = match.end()
    if not found:
        raise ValueError(f"is empty: {line}")
    return found


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _fits(rule: Rule, event: dict[str, Any]) -> bool:
    kinds: dict[str, list[tuple[bool, str, str]]] = {}
    for matcher in rule.matchers:
        kinds.setdefault(_kind(matcher[1]), []).append(matcher)
    return all(
        any(all(_matches(matcher, entry) for matcher in matchers) for entry in _entries(kind, event))
        for kind, matchers in kinds.items()
    )


def _kind(key: str) -> str:
    if key in _EXCEPTION:
        return "exception"
    if key in _FRAME:
        return "frame"
    return "tags" if key.startswith("tags.") else "event"


def _entries(kind: str, event: dict[str, Any]) -> list[dict[str, Any]]:
    exceptions = event.get("exception", {}).get("values", [])
    if kind == "exception":
        return [{key: entry.get(name) for key, name in _EXCEPTION.items()} for entry in exceptions]
    if kind == "frame":
        frames = [frame for entry in exceptions for frame in entry.get("stacktrace", {}).get("frames", [])]
        return [{key: frame.get(name) for key, name in _FRAME.items()} for frame in frames]
    if kind == "tags":
        return [{f"tags.{name}": value for name, value in (event.get("tags") or {}).items()}]
    message = (event.get("logentry") or {}).get("formatted")
    return [{"message": message, **{key: event.get(key) for key in ("logger", "level", "release")}}]


def _matches(matcher: tuple[bool, str, str], entry: dict[str, Any]) -> bool:
    negated, key, pattern = matcher
    value = entry.get(key)
    fits = value is not None and is_glob_match(
        value, pattern, case_insensitive=key in _ANY_CASE, allow_newline=True
    )
    return fits is not negated


def _variable(name: str, event: dict[str, Any]) -> str:
    if name == "default":
        return "{{ default }}"
    if name.startswith("tags."):
        return str((event.get("tags") or {}).get(name[5:], f"<no-value-for-tag-{name[5:]}>"))
    if name == "error.type":
        return str(event["exception"]["values"][-1]["type"])
    return str(event.get(name) or f"<no-{name}>")


def _default_title(event: dict[str, Any]) -> str:
    last = event["exception"]["values"][-1]
    return f"{last['type']}: {last['value']}"
