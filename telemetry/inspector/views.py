"""Shapes what is kept into the JSON of the inspector's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telemetry.inspector import redactions

if TYPE_CHECKING:
    from telemetry.inspector.records import Error, Span
    from telemetry.inspector.store import Snapshot

_ERROR_ROW = {
    "event_id", "type", "value", "level", "handled", "time_ms", "transaction", "trace_id", "span_id",
    "redactions",
}  # fmt: skip


def summary(kept: Snapshot) -> dict[str, Any]:
    """Return counters and limits.

    ``{"revision": int, "kept": {"traces", "spans", "errors", "logs", "bytes"}, "received": {kind: int},
    "envelope_items": {type: int}, "evicted": {kind: int}, "limits": {name: int},
    "redactions": {rule: int}}``. ``revision`` changes whenever anything arrives; ``redactions`` covers what
    is kept.
    """
    spans = [span for trace in kept.traces.values() for span in trace]
    return {
        "revision": kept.revision,
        "kept": {
            "traces": len(kept.traces),
            "spans": len(spans),
            "errors": len(kept.errors),
            "logs": len(kept.logs),
            "bytes": kept.bytes_kept,
        },
        "received": kept.received,
        "envelope_items": kept.items,
        "evicted": kept.evicted,
        "limits": kept.limits._asdict(),
        "redactions": redactions.total(
            record["redactions"] for records in (spans, kept.errors.values(), kept.logs) for record in records
        ),
    }


def traces(kept: Snapshot) -> list[dict[str, Any]]:
    """Return one row a trace, newest start first.

    ``{"trace_id", "root_span_id", "name", "kind", "service", "start_ms", "duration_ms", "span_count",
    "dropped_spans", "status", "has_error", "errors": [event_id], "sources": ["otlp", "envelope"],
    "redactions": {rule: int}}``. ``name``, ``kind`` and ``status`` are the root's: the earliest span whose
    parent isn't here; ``has_error`` is true when any span failed or an error is linked.
    """
    linked = _linked(kept)
    rows = [
        _row(trace_id, spans, kept.dropped[trace_id], linked.get(trace_id, []))
        for trace_id, spans in kept.traces.items()
    ]
    by_id = {row["trace_id"]: row for row in rows}
    for log in kept.logs:
        if log["redactions"] and (row := by_id.get(log["trace_id"] or "")):
            row["redactions"] = redactions.total([row["redactions"], log["redactions"]])
    return sorted(rows, key=lambda row: -float(row["start_ms"]))


def trace(kept: Snapshot, trace_id: str) -> dict[str, Any] | None:
    """Return a trace's row with three more keys, or None when it isn't kept.

    ``spans``: every span (see ``records.Span``), earliest first, each with ``errors``, the ids of the errors
    linked to it; ``error_rows``: rows of all linked errors, as `errors` gives; ``logs``: see ``records.Log``.
    """
    spans = kept.traces.get(trace_id)
    if spans is None:
        return None
    linked = _linked(kept).get(trace_id, [])
    by_span: dict[str | None, list[str]] = {}
    for error in linked:
        by_span.setdefault(error["span_id"], []).append(error["event_id"])
    logs = sorted((log for log in kept.logs if log["trace_id"] == trace_id), key=lambda log: log["time_ms"])
    row = _row(trace_id, spans, kept.dropped[trace_id], linked)
    row["redactions"] = redactions.total([row["redactions"], *(log["redactions"] for log in logs)])
    return {
        **row,
        "spans": [
            {**span, "errors": by_span.get(span["span_id"], [])}
            for span in sorted(spans, key=lambda span: (span["start_ms"], -span["duration_ms"]))
        ],
        "error_rows": [_error_row(kept, error) for error in linked],
        "logs": logs,
    }


def errors(kept: Snapshot) -> list[dict[str, Any]]:
    """Return one row an error, newest first.

    ``{"event_id", "type", "value", "level", "handled", "time_ms", "transaction", "trace_id", "span_id",
    "trace_kept": bool, "redactions": {rule: int}}``.
    """
    rows = (_error_row(kept, error) for error in kept.errors.values())
    return sorted(rows, key=lambda row: -float(row["time_ms"]))


def error(kept: Snapshot, event_id: str) -> dict[str, Any] | None:
    """Return an error (see ``records.Error``) with ``trace_kept`` and ``span_name``, or None."""
    found = kept.errors.get(event_id)
    if found is None:
        return None
    spans = kept.traces.get(found["trace_id"] or "", [])
    name = next((span["name"] for span in spans if span["span_id"] == found["span_id"]), None)
    return {**found, "trace_kept": bool(spans), "span_name": name}


def _row(trace_id: str, spans: list[Span], dropped: int, linked: list[Error]) -> dict[str, Any]:
    ids = {span["span_id"] for span in spans}
    roots = [span for span in spans if span["parent_span_id"] not in ids] or spans
    # A span without any parent is the root even when a clock elsewhere ran ahead of it.
    root = min(roots, key=lambda span: (span["parent_span_id"] is not None, span["start_ms"]))
    start = min(span["start_ms"] for span in spans)
    end = max(span["start_ms"] + span["duration_ms"] for span in spans)
    return {
        "trace_id": trace_id,
        "root_span_id": root["span_id"],
        "name": root["name"],
        "kind": root["kind"],
        "service": root["service"],
        "start_ms": start,
        "duration_ms": end - start,
        "span_count": len(spans),
        "dropped_spans": dropped,
        "status": root["status"]["code"],
        "has_error": bool(linked) or any(span["status"]["code"] == "error" for span in spans),
        "errors": [error["event_id"] for error in linked],
        "sources": sorted({span["source"] for span in spans}),
        "redactions": redactions.total(span["redactions"] for span in spans),
    }


def _error_row(kept: Snapshot, error: Error) -> dict[str, Any]:
    return {
        **{key: value for key, value in error.items() if key in _ERROR_ROW},
        "trace_kept": error["trace_id"] in kept.traces,
    }


def _linked(kept: Snapshot) -> dict[str, list[Error]]:
    linked: dict[str, list[Error]] = {}
    for error in kept.errors.values():
        if error["trace_id"]:
            linked.setdefault(error["trace_id"], []).append(error)
    return linked
