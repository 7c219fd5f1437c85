"""Writes parts of the collector's transformation language, quoted for YAML and for its expansion of variables."""
# ruff: noqa: INP001  # beside the script that uses it, in no package

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MARKER: Final = r"\[redacted:[a-z0-9-]{2,24}\]"


def replace(at: str, rule: str, known: str) -> str:
    """A statement that leaves a value when a condition is true of it, and puts a marker in its place otherwise."""
    return f'set({at}, "[redacted:{rule}]") where {at} != nil and not ({known})'


def looks(at: str, pattern: str) -> str:
    """A condition: a whole value matches a pattern, or is a marker already."""
    # Two dollar signs make one, after the configuration is expanded.
    return f"IsMatch({at}, {text(f'^(?:{pattern}|{MARKER})$$')})"


def keep(keys: Iterable[str]) -> str:
    """A statement that removes all attributes but some."""
    return f"keep_keys(attributes, {listed(keys)})"


def any_of(known: Iterable[str]) -> str:
    """The alternatives of a pattern."""
    return "|".join(re.escape(word) for word in sorted(known))


def listed(known: Iterable[str]) -> str:
    """A list of strings."""
    return "[" + ", ".join(text(word) for word in sorted(known)) + "]"


def text(plain: str) -> str:
    """A string."""
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quoted(plain: str) -> str:
    """A string of YAML, in double quotes as JSON has it."""
    return json.dumps(plain, ensure_ascii=True)
