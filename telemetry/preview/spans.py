"""Sends spans through the gate for spans: made from plain objects, written back as plain objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from telemetry.gate.spans import clean_span
from telemetry.preview.otlp import attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telemetry.gate.scrubbing import Scrubbing

_IDS: Final = {"traceId": 32, "spanId": 16, "parentSpanId": 16}
_TIMES: Final = ("startTimeUnixNano", "endTimeUnixNano", "timeUnixNano")
_KINDS: Final = tuple(kind.name for kind in SpanKind)
_CODES: Final = tuple(code.name for code in StatusCode)


def gated_span(span: dict[str, Any], scrubbing: Scrubbing) -> dict[str, Any]:
    """What would leave of a span that ``lined_up`` made, with the fields that it has."""
    clean = clean_span(_readable(span), None, scrubbing)
    shown = _structure(span, clean.name)
    shown["attributes"] = dict(clean.attributes or {})
    if "kind" in span and _kind(span["kind"]) is not None:
        shown["kind"] = span["kind"]
    if isinstance(span.get("status"), dict):
        shown["status"] = {key: span["status"][key] for key in ("code",) if key in span["status"]}
        if clean.status.description is not None:
            shown["status"]["message"] = clean.status.description
    scope = clean.instrumentation_scope
    if isinstance(span.get("scope"), dict) and scope is not None:
        shown["scope"] = {"name": scope.name} | ({"version": scope.version} if scope.version else {})
    for name, gated in (
        ("events", [(event.name, event.attributes) for event in clean.events]),
        ("links", [(None, link.attributes) for link in clean.links]),
    ):
        if name in span:
            shown[name] = [
                _structure(item, kept) | {"attributes": dict(kept_attributes or {})}
                for item, (kept, kept_attributes) in zip(_objects(span, name), gated, strict=False)
            ]
    return shown


def lined_up(span: dict[str, Any]) -> dict[str, Any]:
    """The same span with attributes as objects, and its status as code and message."""
    lined = dict(span)
    lined["attributes"] = attributes(span.get("attributes"))
    for name in ("events", "links"):
        if isinstance(span.get(name), list):
            lined[name] = [
                item | {"attributes": attributes(item.get("attributes"))} for item in _objects(span, name)
            ]
    status = span.get("status")
    if isinstance(status, str):
        lined["status"] = {"code": status}
    elif isinstance(status, dict) and "description" in status:
        rest = {key: value for key, value in status.items() if key != "description"}
        lined["status"] = {**rest, "message": status["description"]}
    return lined


def _objects(span: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = span.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _structure(item: dict[str, Any], name: str | None) -> dict[str, Any]:
    """Ids and times that look like such, and a clean name: the rest of a span that says nothing of anybody."""
    kept: dict[str, Any] = {} if name is None else {"name": name}
    for key, length in _IDS.items():
        if isinstance(item.get(key), str) and re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", item[key]):
            kept[key] = item[key]
    for key in _TIMES:
        if str(item.get(key)).isdecimal():
            kept[key] = item[key]
    return kept


def _readable(span: dict[str, Any]) -> ReadableSpan:
    scope = span.get("scope")
    scope = scope if isinstance(scope, dict) and isinstance(scope.get("name"), str) else None
    status = span["status"] if isinstance(span.get("status"), dict) else {}
    code = _code(status.get("code"))
    # OpenTelemetry keeps a description for errors alone.
    told = status.get("message") if code is StatusCode.ERROR else None
    return ReadableSpan(
        name=span["name"] if isinstance(span.get("name"), str) else "",
        context=_context(span),
        attributes=span["attributes"],
        events=[Event(item.get("name", ""), item["attributes"], 0) for item in _objects(span, "events")],
        links=[Link(_context(item), item["attributes"]) for item in _objects(span, "links")],
        kind=_kind(span.get("kind")) or SpanKind.INTERNAL,
        status=Status(code, told if isinstance(told, str) else None),
        instrumentation_scope=None
        if scope is None
        else InstrumentationScope(scope["name"], str(scope.get("version") or "")),
    )


def _context(item: dict[str, Any]) -> SpanContext:
    ids = _structure(item, None)
    return SpanContext(
        int(ids.get("traceId", "1"), 16),
        int(ids.get("spanId", "1"), 16),
        False,
        TraceFlags(TraceFlags.SAMPLED),
    )


def _kind(raw: Any) -> SpanKind | None:
    """OTLP's number, which begins at one, or a name with or without its prefix."""
    if isinstance(raw, int) and 1 <= raw <= len(_KINDS):
        return SpanKind(raw - 1)
    name = raw.upper().removeprefix("SPAN_KIND_") if isinstance(raw, str) else ""
    return SpanKind[name] if name in _KINDS else None


def _code(raw: Any) -> StatusCode:
    if isinstance(raw, int) and 0 <= raw < len(_CODES):
        return StatusCode(raw)
    name = raw.upper().removeprefix("STATUS_CODE_") if isinstance(raw, str) else ""
    return StatusCode[name] if name in _CODES else StatusCode.UNSET
