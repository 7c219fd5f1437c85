"""Brings any received value into bounded JSON that every reader can print."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from telemetry.inspector.decode import RefusedBodyError

MAX_TEXT = 16_384
"""Characters kept of one string."""

MAX_ITEMS = 200
"""Entries kept of one list or mapping."""

MAX_DEPTH = 10
"""Levels of nesting kept."""

_SAFE_INTEGER = 2**53


def plain(value: Any, depth: int = MAX_DEPTH) -> Any:  # a table of types, one row each
    """Return a copy of a JSON-like value that is cut to the limits above and safe to encode.

    NaN, infinities and integers that JavaScript would round become text; so do bytes and unknown types.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        return (
            value
            if abs(value) < _SAFE_INTEGER
            else text(hex(value) if value.bit_length() > 512 else str(value))
        )
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth <= 0:
        return "… (nested deeper than the inspector keeps)"
    if isinstance(value, dict):
        return {text(key): plain(item, depth - 1) for key, item in list(value.items())[:MAX_ITEMS]}
    if isinstance(value, list | tuple):
        return [plain(item, depth - 1) for item in value[:MAX_ITEMS]]
    return text(value)


def text(value: Any) -> str:
    """Return a value as a string without lone surrogates, cut to ``MAX_TEXT`` characters."""
    string = value if isinstance(value, str) else str(value)
    if len(string) > MAX_TEXT:
        string = string[:MAX_TEXT] + "…"
    return string.encode("utf-8", "replace").decode("utf-8")


def mapping(value: Any) -> dict[str, Any]:
    """Return the value when it is a mapping, an empty one otherwise: senders get shapes wrong."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Return the value when it is a list, or the list in Sentry's ``{"values": [...]}``; else empty."""
    if isinstance(value, dict):
        value = value.get("values")
    return value if isinstance(value, list) else []


def maybe_text(value: Any) -> str | None:
    """Return a non-empty string or number as text, None for anything else."""
    return text(value) if isinstance(value, str | int | float) and value != "" else None


def epoch_ms(value: Any) -> float | None:
    """Read Sentry's timestamp (seconds since 1970, or ISO 8601) as milliseconds; None when it is neither."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
            return None
        return float(value) * 1000
    except (ValueError, OverflowError):
        return None


def hex_id(value: Any, digits: int) -> str | None:
    """Return a trace, span or event id in lower case without dashes; None when invalid or all zero."""
    if not isinstance(value, str):
        return None
    candidate = value.replace("-", "").lower()
    if len(candidate) != digits or candidate.strip("0123456789abcdef") or not candidate.strip("0"):
        return None
    return candidate


def load_json(data: bytes, what: str) -> Any:
    """Parse JSON.

    Raises:
        RefusedBodyError: 400, naming ``what`` was to be parsed.

    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise RefusedBodyError(400, f"{what} is not valid JSON.") from None
