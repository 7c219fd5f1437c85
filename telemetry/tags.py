"""Tags of an operation: their names, the attributes that carry them on spans, and their bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from telemetry.privacy.policy import HARMLESS_NUMBER
from telemetry.privacy.scrub import marker, names_somebody

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGS: Final[dict[str, str]] = {
    "operation": "continuum.operation",
    "memory_operation": "continuum.memory_operation",
    "model_type": "continuum.model_type",
    "federation_peer": "continuum.peer.hash",
    "instance_id": "continuum.instance.hash",
    "cli_command": "continuum.cli_command",
}
"""The tags that are known, and the span attribute of each; those that end in ``hash`` hold pseudonyms."""

LONGEST: Final = 100
"""Characters of a tag's text; a longer one is no name of anything."""
MOST_TAGS: Final = 24
_OTHER: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""Other keys have no dots: those with dots belong to conventions."""


def bounded(tags: Mapping[Any, Any]) -> dict[str, Any]:
    """Tags that may wait for the gate: few, short and of plain types. None stands for one that wasn't given."""
    kept: dict[str, Any] = {}
    for key, value in tags.items():
        if value is None or not isinstance(key, str) or len(kept) >= MOST_TAGS:
            continue
        if key in TAGS:
            kept[key] = _bounded(value)
        elif _OTHER.fullmatch(key):
            kept[key] = marker("personal-key") if names_somebody(key) else _bounded(value)
    return kept


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        text = str.__str__(value)  # a subclass, such as an enumeration's member, may say anything of itself
        return text if len(text) <= LONGEST else marker("shape")
    if type(value) in (bool, int, float):
        return value if abs(value) < HARMLESS_NUMBER else marker("number")
    return marker("type")


def attributes_of(tags: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that carry tags on a span."""
    return {TAGS.get(key, key): value for key, value in tags.items()}
