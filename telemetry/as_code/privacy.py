"""Sentry's data scrubbing, made from the policy that scrubs before anything is sent.

It is the second fence: nothing that telemetry sends needs it, and what somebody sends past telemetry meets the
same rules there. Sentry's expressions know no look-around and have a size limit; a rule of ours that needs
either has a built-in rule of Sentry's in its place, or none.
"""

from __future__ import annotations

import re
from typing import Any, Final

from telemetry.privacy import policy, words
from telemetry.privacy.patterns import VALUE_RULES
from telemetry.privacy.rules import BASE64_START, START

BUILT_IN: Final = (
    "@bearer",
    "@creditcard",
    "@email",
    "@iban",
    "@pemkey",
    "@urlauth",
    "@usssn",
)
"""Sentry's own rules, for those of ours that don't carry over."""

_EVERY_TEXT: Final = "$string"
# Where applications put data under keys of their own; elsewhere keys are Sentry's.
_KEYED_DATA: Final = "extra.** || contexts.** || $breadcrumb.data.** || $span.data.** || $http.**"
_LONGEST_REPEAT: Final = 60
"""Repeats above it lose their upper bound: an automaton has a state for each, and reads any length in one pass."""
_SENTRY_TAKES: Final = "token"
"""What Sentry's defaults look for in a key; the counts of tokens that a model used hold it too."""
_NOT_CARRIED: Final = re.compile(r"\(\?[=!<]|\\\d")
"""Look-around and back references."""


def scrubbing_of_policy() -> dict[str, Any]:
    """Project settings of Sentry, as its API names them; ``relayPiiConfig`` is a dict until it is sent.

    Returns:
        ``dataScrubber``, ``dataScrubberDefaults``, ``scrubIPAddresses``: on.
        ``sensitiveFields``: none, because Sentry takes them as parts of words; the rules for keys know borders.
        ``safeFields``: keys that telemetry sends on purpose though a rule of Sentry's takes their values.

    """
    spared = " || ".join(f"**.'{key}'" for key in _spared_keys())
    rules: dict[str, Any] = {
        rule: {"type": "pattern", "pattern": pattern, "redaction": _marker(rule)}
        for rule, pattern in carried_over().items()
    }
    for rule in policy.KEY_RULES:
        if rule.pattern is not None:
            rules[rule.id] = {
                "type": "redact_pair",
                "keyPattern": _translated(rule.pattern.pattern),
                "redaction": _marker(rule.id),
            }
    return {
        "dataScrubber": True,
        "dataScrubberDefaults": True,
        "scrubIPAddresses": True,
        "sensitiveFields": [],
        # Between quotes, because a dot leads a level deeper.
        "safeFields": [f"**.'{key}'" for key in _sent_keys() if _SENTRY_TAKES in key],
        "relayPiiConfig": {
            "rules": rules,
            "applications": {
                _EVERY_TEXT: [*carried_over(), *BUILT_IN],
                f"({_KEYED_DATA}) && !({spared})": [rule.id for rule in policy.KEY_RULES],
            },
        },
    }


def carried_over() -> dict[str, str]:
    """Rules for values whose expression Sentry can read, and how it is written there."""
    found = {}
    for rule in VALUE_RULES:
        pattern = "" if rule.pattern is None else _translated(rule.pattern.pattern)
        # Without its checksum a rule about numbers would take numbers of every kind.
        if pattern and rule.check is None and _NOT_CARRIED.search(pattern) is None:
            found[rule.id] = pattern
    return found


def _sent_keys() -> list[str]:
    return sorted({*policy.SAFE_KEYS, *words.NUMERIC_KEYS} - policy.DROPPED_KEYS)


def _spared_keys() -> list[str]:
    """Keys that are sent, or are treated by rules of their own, though they look like one of the key rules."""
    patterns = [rule.pattern for rule in policy.KEY_RULES if rule.pattern is not None]
    return sorted(
        key
        for key in {*_sent_keys(), *policy.TREATED_KEYS}
        if any(pattern.search(key) for pattern in patterns)
    )


def _translated(pattern: str) -> str:
    """The expression in Rust's dialect, finding at least as much of ASCII: other letters burst the size limit."""
    plain = pattern.replace(START, r"\b").replace(BASE64_START, r"\b")
    plain = plain.replace("(?ai:", "(?i:").replace("(?ai)", "(?i)").replace(r"\w", "[A-Za-z0-9_]")
    return re.sub(
        r"\{(\d+),(\d+)\}",
        lambda found: f"{{{found[1]},}}" if int(found[2]) > _LONGEST_REPEAT else found[0],
        re.sub(r"\[([^\]]*)\[A-Za-z0-9_\]", r"[\1A-Za-z0-9_", plain),
    )


def _marker(rule: str) -> dict[str, str]:
    return {"method": "replace", "text": f"[redacted:{rule}]"}
