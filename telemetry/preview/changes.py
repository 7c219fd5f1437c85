"""Compares an item before and after a gate: what changed at which path, and by which rule."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from telemetry.privacy import policy

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTCOMES: Final = {
    "left-out": "A field that no allow-list names, or a key that never leaves.",
    "statement": "A statement's template: its literals and comments are gone.",
    "sender": "Who sends is taken from the sending process.",
    "rebuilt": "Written anew from parts that are known to be safe.",
    "withheld": "The item can't be scrubbed, so all of it stays here.",
}
"""What the gates do beside the policy's rules."""

KEPT: Final = "kept"
ADDED: Final = "added"

_MARKER: Final = re.compile(r"\[redacted:([a-z-]+)\]")
_PLAIN: Final = re.compile(r"[A-Za-z_]\w*")
_SENDER: Final = (
    "environment",
    "platform",
    "release",
    "sdk",
    "server_name",
    "contexts.runtime",
    'tags["service.instance.id"]',
)
_LATEST: Final = (".frames", "breadcrumbs.values")


@dataclass(frozen=True)
class Change:
    """What became of one place. ``rule`` is a policy rule's id, several of them, or one of ``OUTCOMES``."""

    path: str
    before: Any
    after: Any
    rule: str


def compare(before: Any, after: Any, path: str = "", key: str = "") -> Iterator[Change]:
    """Every place of either side: changed, ``kept`` or ``added``; what is left out whole is one place."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _mappings(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path, key)
    elif before == after:
        yield Change(path, before, after, KEPT)
    else:
        yield Change(path, before, after, _rule(path, key, before, after))


def _mappings(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterator[Change]:
    gone = [key for key in before if key not in after and _replaceable(key)]
    for key, value in before.items():
        place = at(path, key)
        if key in after:
            yield from compare(value, after[key], place, key)
        elif policy.REPLACED_KEY in after and key in gone:
            # Several such keys become one, and the last one's value is what stays.
            kept = {policy.REPLACED_KEY: after[policy.REPLACED_KEY]} if key == gone[-1] else None
            rules = ["unknown", *_MARKER.findall(_text(kept))]
            yield Change(place, value, kept, ", ".join(dict.fromkeys(rules)))
        else:
            yield Change(place, value, None, "left-out")
    for key in after.keys() - before.keys() - {policy.REPLACED_KEY}:
        yield Change(at(path, key), None, after[key], ADDED)


def _replaceable(key: str) -> bool:
    return key not in policy.DROPPED_KEYS and key not in policy.SAFE_KEYS and key not in policy.TREATED_KEYS


def _lists(before: list[Any], after: list[Any], path: str, key: str) -> Iterator[Change]:
    """Entries side by side. Gates leave out what is no object, and of stacks and breadcrumbs the oldest."""
    places = list(range(len(before)))
    if len(after) < len(before):
        places = [place for place in places if isinstance(before[place], dict)] or places
        places = places[-len(after) or len(places) :] if path.endswith(_LATEST) else places[: len(after)]
    partner = dict(zip(places, after, strict=False))
    for place, value in enumerate(before):
        if place in partner:
            yield from compare(value, partner[place], f"{path}[{place}]", key)
        else:
            yield Change(f"{path}[{place}]", value, None, "left-out")


def at(path: str, key: str) -> str:
    """The path of a key below another path: ``contexts.trace``, ``attributes["http.route"]``."""
    if _PLAIN.fullmatch(key) is None:
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key


def _rule(path: str, key: str, before: Any, after: Any) -> str:
    shown, was = _text(after), _text(before)
    found = ["message"] if shown.count("[data]") > was.count("[data]") else []
    found += [rule for rule in _MARKER.findall(shown) if f"[redacted:{rule}]" not in was]
    if found:
        return ", ".join(dict.fromkeys(found))
    if path.startswith(_SENDER):
        return "sender"
    if key in policy.SQL_KEYS:
        return "statement"
    if key in policy.MESSAGE_KEYS | policy.STACKTRACE_KEYS:
        return "message"
    return "left-out" if after is None else "rebuilt"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
