"""Reads items out of envelopes, and what OTLP bodies hold, in plain values that tests can compare."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from telemetry.inspector import envelopes, otlp

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
STATUSES = ("UNSET", "OK", "ERROR")


@dataclass(frozen=True)
class Item:
    """One item of an envelope, with the envelope's own headers; a payload that is JSON is parsed."""

    envelope: dict[str, Any]
    headers: dict[str, Any]
    payload: Any


@dataclass(frozen=True)
class Span:
    """One span of an OTLP body; ids are hex, ``parent_id`` of a root is empty, times are nanoseconds."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    trace_state: str
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    links: list[tuple[str, str, dict[str, Any]]]
    status: str
    status_message: str
    start: int
    end: int
    scope: str
    resource: dict[str, Any]


@dataclass(frozen=True)
class Log:
    """One log record of an OTLP body; ids are hex, empty outside of a trace."""

    body: Any
    severity: str
    event_name: str
    trace_id: str
    span_id: str
    attributes: dict[str, Any]
    scope: str
    resource: dict[str, Any]


@dataclass(frozen=True)
class Metric:
    """One metric of an OTLP body. A point is its attributes and its number, or its count for a histogram."""

    name: str
    unit: str
    kind: str
    points: list[tuple[dict[str, Any], float]]
    exemplars: int
    scope: str
    resource: dict[str, Any]


@lru_cache(maxsize=4096)
def envelope_items(body: bytes) -> tuple[Item, ...]:
    """The items of a Sentry envelope.

    Raises:
        RefusedBodyError: with what is wrong with it and in which item.

    """
    envelope = envelopes.parse(body)
    return tuple(Item(envelope.headers, item.headers, _payload(item.payload)) for item in envelope.items)


@lru_cache(maxsize=4096)
def otlp_spans(body: bytes, *, as_json: bool = False) -> tuple[Span, ...]:
    """The spans of an ``ExportTraceServiceRequest``.

    Raises:
        RefusedBodyError: when the body is none.

    """
    return tuple(_spans(body, as_json=as_json))


@lru_cache(maxsize=4096)
def otlp_logs(body: bytes, *, as_json: bool = False) -> tuple[Log, ...]:
    """The records of an ``ExportLogsServiceRequest``.

    Raises:
        RefusedBodyError: when the body is none.

    """
    return tuple(_logs(body, as_json=as_json))


@lru_cache(maxsize=4096)
def otlp_metrics(body: bytes, *, as_json: bool = False) -> tuple[Metric, ...]:
    """The metrics of an ``ExportMetricsServiceRequest``.

    Raises:
        RefusedBodyError: when the body is none.

    """
    return tuple(_metrics(body, as_json=as_json))


def _payload(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload


def _spans(body: bytes, *, as_json: bool) -> Iterator[Span]:
    # Whoever tests errors alone needs no OpenTelemetry.
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = otlp.decode_request(body, as_json=as_json, message=ExportTraceServiceRequest())
    for resource_spans in request.resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield Span(
                    name=span.name,
                    kind=KINDS[span.kind],
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    trace_state=span.trace_state,
                    attributes=_attributes(span.attributes),
                    events=[(event.name, _attributes(event.attributes)) for event in span.events],
                    links=[
                        (link.trace_id.hex(), link.span_id.hex(), _attributes(link.attributes))
                        for link in span.links
                    ],
                    status=STATUSES[span.status.code],
                    status_message=span.status.message,
                    start=span.start_time_unix_nano,
                    end=span.end_time_unix_nano,
                    scope=scope_spans.scope.name,
                    resource=resource,
                )


def _logs(body: bytes, *, as_json: bool) -> Iterator[Log]:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    request = otlp.decode_request(body, as_json=as_json, message=ExportLogsServiceRequest())
    for resource_logs in request.resource_logs:
        resource = _attributes(resource_logs.resource.attributes)
        for scope_logs in resource_logs.scope_logs:
            for record in scope_logs.log_records:
                yield Log(
                    body=_value(record.body),
                    severity=record.severity_text,
                    event_name=record.event_name,
                    trace_id=record.trace_id.hex(),
                    span_id=record.span_id.hex(),
                    attributes=_attributes(record.attributes),
                    scope=scope_logs.scope.name,
                    resource=resource,
                )


def _metrics(body: bytes, *, as_json: bool) -> Iterator[Metric]:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    request = otlp.decode_request(body, as_json=as_json, message=ExportMetricsServiceRequest())
    for resource_metrics in request.resource_metrics:
        resource = _attributes(resource_metrics.resource.attributes)
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                kind = metric.WhichOneof("data")
                points = getattr(metric, kind).data_points
                yield Metric(
                    name=metric.name,
                    unit=metric.unit,
                    kind=kind,
                    points=[(_attributes(point.attributes), _number(point)) for point in points],
                    exemplars=sum(len(point.exemplars) for point in points),
                    scope=scope_metrics.scope.name,
                    resource=resource,
                )


def _number(point: Any) -> float:
    kind = point.WhichOneof("value") if hasattr(point, "as_int") else "count"
    return float(getattr(point, kind))


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    """The value as it was sent: the inspector's, made for a page, are shortened."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    return getattr(value, kind) if kind else None
