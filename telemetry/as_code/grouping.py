"""From grouping_rules.yaml to the texts that Sentry reads: fingerprint rules, stack trace rules, highlights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from telemetry.as_code.sources import GROUPING, SourceError, checked

if TYPE_CHECKING:
    from collections.abc import Iterator

# Source of both lists: Sentry's documentation of fingerprint rules and of stack trace rules.
_STACK_MATCHERS: Final = frozenset(
    {"stack.module", "stack.function", "stack.abs_path", "stack.package", "app", "family"}
)
_MATCHERS: Final = _STACK_MATCHERS | {"error.type", "error.value", "message", "logger", "level", "release"}
_TAG: Final = re.compile(r"tags\.[A-Za-z0-9_.-]+")
_VARIABLE: Final = re.compile(
    r"\{\{ (?:default|transaction|error\.type|stack\.(?:module|function)|level|logger|tags\.[A-Za-z0-9_.-]+) \}\}"
)
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9.-]*")
_ACTIONS: Final = frozenset({"+app", "-app", "+group", "-group"})


def settings_of_grouping(grouping: dict[str, Any]) -> dict[str, Any]:
    """Project settings of Sentry, as its API names them.

    Raises:
        SourceError: a rule has not the form that the file itself describes.

    """
    highlights = checked(
        grouping["highlights"], f"{GROUPING} highlights", {"tags": list, "context": dict}, {}
    )
    return {
        "fingerprintingRules": "\n".join(_fingerprint_lines(grouping["fingerprints"])),
        "groupingEnhancements": "\n".join(_stack_lines(grouping["stack"])),
        "highlightTags": highlights["tags"],
        "highlightContext": highlights["context"],
    }


def _fingerprint_lines(rules: list[Any]) -> Iterator[str]:
    seen = set()
    for number, entry in enumerate(rules, 1):
        place = f"{GROUPING} fingerprints[{number}]"
        rule = checked(
            entry, place, {"name": str, "why": str, "when": dict, "fingerprint": list, "title": str}, {}
        )
        if rule["name"] in seen:
            raise SourceError(f"{place}.name: is given twice")
        seen.add(rule["name"])
        parts = [_part(part, f"{place}.fingerprint") for part in rule["fingerprint"]]
        if not parts:
            raise SourceError(f"{place}.fingerprint: is empty")
        yield f"# {_comment(rule)}"
        yield (
            f"{_matchers(rule['when'], _MATCHERS, place)} -> {', '.join(parts)}"
            f" title={_quoted(rule['title'], f'{place}.title')}"
        )


def _stack_lines(rules: list[Any]) -> Iterator[str]:
    for number, entry in enumerate(rules, 1):
        place = f"{GROUPING} stack[{number}]"
        rule = checked(entry, place, {"name": str, "why": str, "when": dict, "then": list}, {})
        if not rule["then"] or not _ACTIONS.issuperset(rule["then"]):
            raise SourceError(f"{place}.then: accepted are {', '.join(sorted(_ACTIONS))}")
        yield f"# {_comment(rule)}"
        yield f"{_matchers(rule['when'], _STACK_MATCHERS, place)} {' '.join(rule['then'])}"


def _comment(rule: dict[str, Any]) -> str:
    return " ".join(f"{rule['name']}: {rule['why']}".split())


def _matchers(when: dict[Any, Any], known: frozenset[str], place: str) -> str:
    if not when:
        raise SourceError(f"{place}.when: is empty")
    for key in when:
        tag = known is _MATCHERS and isinstance(key, str) and _TAG.fullmatch(key)
        if key not in known and not tag:
            raise SourceError(f"{place}.when: an unknown matcher; known are {', '.join(sorted(known))}")
    return " ".join(f"{key}:{_quoted(pattern, f'{place}.when.{key}')}" for key, pattern in when.items())


def _part(part: Any, place: str) -> str:
    if isinstance(part, str) and (_WORD.fullmatch(part) or _VARIABLE.fullmatch(part)):
        return part
    raise SourceError(f"{place}: accepted are small letters, digits, dots and hyphens, and variables")


def _quoted(text: Any, place: str) -> str:
    """Text between quotes, in which a quote and a backslash are escaped."""
    if not isinstance(text, str) or not text or not text.isprintable():
        raise SourceError(f"{place}: expected a text of one line")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
