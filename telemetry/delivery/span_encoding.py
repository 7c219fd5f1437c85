"""Spans as an OTLP ``ExportTraceServiceRequest``, put together from parts that were encoded before.

Spans say the same again and again: ``http.request.method`` is ``GET``. Protobuf messages that are written one
behind the other are one message, so a span is its ids and times, encoded now, then its name and its attributes,
each encoded once. Resources, scopes, and spans that have more to say, such as an exception's event, are encoded
by OpenTelemetry's own encoder.

Source: https://protobuf.dev/programming-guides/encoding/#last-one-wins
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, SpanFlags, Status
from opentelemetry.trace import SpanKind

from telemetry.gate.spans import plain_attributes
from telemetry.pace import breathe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import StatusCode

_FIELDS: Final = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}
_KINDS: Final = {kind: Span.SpanKind.Value(f"SPAN_KIND_{kind.name}") for kind in SpanKind}
_REMOTE_KNOWN: Final = SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK
_REMOTE: Final = _REMOTE_KNOWN | SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
_LONGEST_KEPT: Final = 256
"""Characters of a text that is kept encoded; a longer one is seldom said twice."""


def encode(spans: Sequence[ReadableSpan]) -> bytes:
    """One body for some clean spans, in order within each resource and scope."""
    groups: dict[tuple[int, int], list[ReadableSpan]] = {}
    for span in spans:
        groups.setdefault((id(span.resource), id(span.instrumentation_scope)), []).append(span)
    return b"".join(_group(group) for group in groups.values())


def _group(spans: Sequence[ReadableSpan]) -> bytes:
    """The spans of one resource and scope, as a request that holds no others."""
    above = encode_spans(spans[:1]).resource_spans[0]
    scope = above.scope_spans[0]
    del scope.spans[:]
    parts = [scope.SerializeToString()]
    for span in spans:
        parts.append(_inside(_SPANS, _span(span)))
        breathe()
    del above.scope_spans[:]
    return _inside(_RESOURCES, above.SerializeToString() + _inside(_SCOPES, b"".join(parts)))


def _span(span: ReadableSpan) -> bytes:
    attributes, parent = plain_attributes(span), span.parent
    if not _is_plain(span) or not _FIELDS.keys() >= set(map(type, attributes.values())):
        whole = encode_spans([span]).resource_spans[0].scope_spans[0].spans[0]
        return bytes(whole.SerializeToString())
    context: Any = span.context
    own = Span(
        trace_id=context.trace_id.to_bytes(16, "big"),
        span_id=context.span_id.to_bytes(8, "big"),
        parent_span_id=parent.span_id.to_bytes(8, "big") if parent else b"",
        start_time_unix_nano=span.start_time or 0,
        end_time_unix_nano=span.end_time or 0,
        flags=_REMOTE if parent and parent.is_remote else _REMOTE_KNOWN,
    )
    parts = [own.SerializeToString(), _nature(span.name, span.kind, span.status.status_code)]
    for key, value in attributes.items():
        kind = type(value)
        seldom = kind is float or (kind is str and len(value) > _LONGEST_KEPT)  # and -0.0 is 0.0 to a cache
        parts.append((_attribute.__wrapped__ if seldom else _attribute)(key, value, _FIELDS[kind]))
    return b"".join(parts)


def _is_plain(span: ReadableSpan) -> bool:
    """Whether a span has no more to say than its name, its attributes and how it ended."""
    return not (
        span.events
        or span.links
        or span.status.description
        or span.context is None
        or span.context.trace_state
        or span.dropped_attributes
        or span.dropped_events
        or span.dropped_links
    )


@lru_cache(maxsize=1024)
def _nature(name: str, kind: SpanKind, code: StatusCode) -> bytes:
    ended: Any = code.value
    return bytes(Span(name=name, kind=_KINDS[kind], status=Status(code=ended)).SerializeToString())


@lru_cache(maxsize=4096)
def _attribute(key: str, value: Any, field: str) -> bytes:
    """A span of nothing but an attribute; with its field, because ``1``, ``1.0`` and ``True`` are equal."""
    one = KeyValue(key=key, value=AnyValue(**{field: value}))
    return bytes(Span(attributes=[one]).SerializeToString())


def _tag(message: Any, field: str) -> bytes:
    """What stands before an embedded message: the field's number and the wire type 2."""
    return bytes([message.DESCRIPTOR.fields_by_name[field].number << 3 | 2])


_RESOURCES: Final = _tag(ExportTraceServiceRequest, "resource_spans")
_SCOPES: Final = _tag(ResourceSpans, "scope_spans")
_SPANS: Final = _tag(ScopeSpans, "spans")


def _inside(tag: bytes, body: bytes) -> bytes:
    """A message as a field of another: tag, length as a varint, body."""
    length, digits = len(body), bytearray()
    while length > 0x7F:
        digits.append(length & 0x7F | 0x80)
        length >>= 7
    digits.append(length)
    return b"".join((tag, digits, body))
