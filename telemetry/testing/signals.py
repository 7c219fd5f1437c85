"""Reads items out of envelopes, and spans out of OTLP bodies, in plain values that tests can compare."""

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
