"""Names the shapes that the inspector keeps and serves: span, log and error."""

from __future__ import annotations

from typing import Any, TypedDict


class Status(TypedDict):
    """How a span ended: ``code`` is ok, error or unset."""

    code: str
    message: str


class SpanEvent(TypedDict):
    """Something that happened within a span, at ``time_ms`` since 1970."""

    name: str
    time_ms: float
    attributes: dict[str, Any]


class SpanLink(TypedDict):
    """Another span that this one names."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any]


class Span(TypedDict):
    """One span; times are milliseconds since 1970 with microsecond precision, ids lower-case hex."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    status: Status
    start_ms: float
    duration_ms: float
    service: str | None
    scope: str | None
    attributes: dict[str, Any]
    resource: dict[str, Any]
    events: list[SpanEvent]
    links: list[SpanLink]
    source: str
    redactions: dict[str, int]


class Log(TypedDict):
    """One OTLP log record; the ids are None outside of a span."""

    time_ms: float
    severity: str
    body: Any
    attributes: dict[str, Any]
    scope: str | None
    trace_id: str | None
    span_id: str | None
    redactions: dict[str, int]


class Error(TypedDict):
    """One Sentry event.

    ``exceptions`` and their ``frames`` keep Sentry's order: cause before effect, caller before callee.
    """

    event_id: str
    time_ms: float
    level: str
    type: str
    value: str
    trace_id: str | None
    span_id: str | None
    handled: bool | None
    transaction: str | None
    release: str | None
    environment: str | None
    server_name: str | None
    platform: str | None
    sdk: str | None
    logger: str | None
    user: dict[str, Any]
    tags: dict[str, Any]
    contexts: dict[str, Any]
    extra: dict[str, Any]
    request: dict[str, Any]
    breadcrumbs: list[dict[str, Any]]
    exceptions: list[dict[str, Any]]
    redactions: dict[str, int]
