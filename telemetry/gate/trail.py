"""The trail that leads to an error: what was done before it in its request, as breadcrumbs.

Nothing is worked out unless an error is sent: the scope of a request remembers its last spans, and they are
rendered here, on the sender's thread, from the same clean copies that leave as spans. Of a request that isn't
sampled the operations are known, and no spans of databases, caches and calls.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from telemetry.gate.events import MAX_BREADCRUMBS
from telemetry.gate.spans import clean_span
from telemetry.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telemetry.gate.scrubbing import Scrubbing
    from telemetry.trace_scope import TraceScope

_SHOWN: Final = (
    "db.system.name",
    "db.system",
    "db.operation.name",
    "db.collection.name",
    "http.response.status_code",
    "http.status_code",
    "error.type",
    "continuum.operation",
)
_CACHES: Final = frozenset({"redis", "valkey", "memcached"})


class Step:
    """An operation whose span isn't recorded; times are in nanoseconds since the epoch."""

    __slots__ = ("end_time", "failed", "name", "start_time")

    def __init__(self, name: str) -> None:
        self.name = name
        self.start_time = time_ns()
        self.end_time: int | None = None
        self.failed = False


class Trail:
    """The steps of a scope at the moment of an error: spans that live on, and end or go on after it."""

    __slots__ = ("_steps", "_until")

    def __init__(self, steps: Sequence[Any]) -> None:
        self._steps = steps
        self._until = time_ns()

    def lead_to(self, event: dict[str, Any], scope: TraceScope | None, scrubbing: Scrubbing) -> None:
        """Put the breadcrumbs of these steps between those that a clean event has."""
        with Guard(scrubbing.ledger, "breadcrumb trail"):  # without its trail an error is still worth sending
            crumbs = [crumb for step in self._steps for crumb in self._crumbs(step, scope, scrubbing)]
            if crumbs:
                before = event.get("breadcrumbs", {}).get("values", [])
                merged = sorted([*before, *crumbs], key=_when)
                event["breadcrumbs"] = {"values": merged[-MAX_BREADCRUMBS:]}

    def _crumbs(self, step: Any, scope: TraceScope | None, scrubbing: Scrubbing) -> list[dict[str, Any]]:
        start, end = step.start_time, step.end_time
        if isinstance(step, Step):
            name, category, data, failed = scrubbing.of(scope).name(step.name), "operation", {}, step.failed
        elif isinstance(step, ReadableSpan):
            span = clean_span(step, scope, scrubbing)
            name, category = span.name, _category(span)
            data = {key: (span.attributes or {})[key] for key in _SHOWN if key in (span.attributes or {})}
            failed = span.status.status_code is StatusCode.ERROR
        else:
            return []
        is_over = end is not None and end <= self._until
        crumbs = []
        if category in ("operation", "api") or not is_over:
            crumbs.append(_crumb(f"{name} started", category, start, {}))
        if is_over:
            data["duration_ms"] = round((end - start) / 1e6, 3)
            crumbs.append(
                _crumb(f"{name} {'failed' if failed else 'ended'}", category, end, data, failed=failed)
            )
        return crumbs


def _crumb(
    message: str, category: str, at: int, data: dict[str, Any], *, failed: bool = False
) -> dict[str, Any]:
    crumb = {
        "type": "query" if category == "db" else "http" if category == "http" else "default",
        "category": category,
        "level": "error" if failed else "info",
        "timestamp": at / 1e9,
        "message": message,
    }
    return {**crumb, "data": data} if data else crumb


def _category(span: ReadableSpan) -> str:
    """``db``, ``cache``, ``api`` (that is served), ``http`` (that is called), ``validation`` or ``operation``."""
    attributes = span.attributes or {}
    system = attributes.get("db.system.name", attributes.get("db.system"))
    if system is not None:
        return "cache" if system in _CACHES else "db"
    if span.kind is SpanKind.SERVER:
        return "api"
    if span.kind is SpanKind.CLIENT:
        return "http"
    return "validation" if "validat" in span.name.lower() else "operation"


def _when(crumb: dict[str, Any]) -> float:
    """A breadcrumb's time in seconds since the epoch; one without any comes first."""
    stamp = crumb.get("timestamp", 0.0)
    if isinstance(stamp, str):
        when = datetime.fromisoformat(stamp)
        return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
    return float(stamp)
