"""Reads and writes spans as OTLP/JSON does; attributes may also be a plain object."""

from __future__ import annotations

from typing import Any

_SCALARS = {"stringValue": str, "boolValue": bool, "doubleValue": float, "bytesValue": str}


def attributes(raw: Any) -> dict[str, Any]:
    """Attributes as a mapping, from OTLP's list of key and value or from an object."""
    if isinstance(raw, dict):
        return {str(key): value for key, value in raw.items()}
    entries = raw if isinstance(raw, list) else []
    return {
        entry["key"]: value_of(entry.get("value"))
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("key"), str)
    }


def value_of(raw: Any) -> Any:
    """What an OTLP AnyValue holds; None for an empty or unknown one."""
    if not isinstance(raw, dict):
        return None
    if "intValue" in raw:
        try:
            return int(raw["intValue"])
        except (TypeError, ValueError):
            return str(raw["intValue"])
    if isinstance(raw.get("arrayValue"), dict):
        return [value_of(item) for item in raw["arrayValue"].get("values") or []]
    if isinstance(raw.get("kvlistValue"), dict):
        return attributes(raw["kvlistValue"].get("values"))
    return next((raw[name] for name in _SCALARS if name in raw), None)


def any_value(value: Any) -> dict[str, Any]:
    """A value as an OTLP AnyValue."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": key_values(value)}}
    return {} if value is None else {"stringValue": str(value)}


def key_values(found: dict[str, Any]) -> list[dict[str, Any]]:
    """A mapping as OTLP's list of key and value."""
    return [{"key": key, "value": any_value(value)} for key, value in found.items()]


def as_otlp(span: dict[str, Any]) -> dict[str, Any]:
    """A span whose attributes are plain objects, as OTLP/JSON."""
    written = dict(span)
    if "attributes" in span:
        written["attributes"] = key_values(span["attributes"])
    for name in ("events", "links"):
        if name in span:
            written[name] = [as_otlp(item) for item in span[name]]
    return written
