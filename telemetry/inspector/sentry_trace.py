"""Reads a Sentry transaction payload as the spans of a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telemetry.inspector import redactions
from telemetry.inspector.plain import epoch_ms, hex_id, mapping, maybe_text, plain, sequence

if TYPE_CHECKING:
    from telemetry.inspector.records import Span, Status


def read_transaction(event: dict[str, Any]) -> list[Span]:
    """Turn a transaction and its child spans into spans, the transaction's own first.

    Spans without valid ids or times are left out; without a valid trace context the list is empty.
    """
    contexts = mapping(event.get("contexts"))
    trace = mapping(contexts.get("trace"))
    otel = mapping(contexts.get("otel"))
    resource = mapping(plain(otel.get("resource")))
    for key, name in (("release", "release"), ("environment", "environment"), ("server_name", "server.name")):
        if value := maybe_text(event.get(key)):
            resource.setdefault(f"sentry.{name}", value)
    own = {
        **trace,
        "description": event.get("transaction"),
        "start_timestamp": event.get("start_timestamp"),
        "timestamp": event.get("timestamp"),
        "data": {**mapping(trace.get("data")), **mapping(otel.get("attributes"))},
        "tags": event.get("tags"),
    }
    root = _span(own, resource, trace.get("trace_id"))
    if root is None:
        return []
    children = (_span(mapping(span), resource, root["trace_id"]) for span in sequence(event.get("spans")))
    return [root, *(span for span in children if span is not None)]


def _span(span: dict[str, Any], resource: dict[str, Any], trace_id: Any) -> Span | None:
    trace, own = hex_id(span.get("trace_id") or trace_id, 32), hex_id(span.get("span_id"), 16)
    start, end = epoch_ms(span.get("start_timestamp")), epoch_ms(span.get("timestamp"))
    if trace is None or own is None or start is None or end is None:
        return None
    operation = maybe_text(span.get("op"))
    attributes = mapping(plain(span.get("data")))
    attributes |= {f"tag.{key}": value for key, value in mapping(plain(span.get("tags"))).items()}
    if operation:
        attributes["sentry.op"] = operation
    if origin := maybe_text(span.get("origin")):
        attributes["sentry.origin"] = origin
    result: Span = {
        "trace_id": trace,
        "span_id": own,
        "parent_span_id": hex_id(span.get("parent_span_id"), 16),
        "name": maybe_text(span.get("description")) or operation or "(unnamed)",
        "kind": _kind(operation or ""),
        "status": _status(span.get("status")),
        "start_ms": start,
        "duration_ms": max(0.0, end - start),
        "service": maybe_text(resource.get("service.name")),
        "scope": maybe_text(span.get("origin")),
        "attributes": attributes,
        "resource": resource,
        "events": [],
        "links": [],
        "source": "envelope",
        "redactions": {},
    }
    result["redactions"] = redactions.count([result["name"], result["status"]["message"], attributes])
    return result


def _kind(operation: str) -> str:
    if operation.endswith(".server"):
        return "server"
    return "client" if operation.endswith(".client") or operation.startswith(("db", "cache")) else "internal"


def _status(value: Any) -> Status:
    status = maybe_text(value)
    if status is None or status == "unset":
        return {"code": "unset", "message": ""}
    return {"code": "ok", "message": ""} if status == "ok" else {"code": "error", "message": status}
