"""Spans to an OTLP endpoint: Sentry's own or a collector's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telemetry.delivery import span_encoding
from telemetry.gate.spans import clean_span, plain_attributes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import Link

    from telemetry.gate.scrubbing import Scrubbing
    from telemetry.trace_scope import TraceScope

LONGEST_VALUE: Final = 256
"""Characters of an attribute that a span keeps when it is too large for its backend."""
_DEEPEST: Final = 3
_OF_A_VALUE: Final = 64
"""Bytes that each part of a structure keeps in memory."""
_OF_A_SPAN: Final = 1024
"""Bytes that a span keeps in memory before anything is said in it."""


class OtlpSpanExporter:
    """Scrubs spans and encodes them as an OTLP ``ExportTraceServiceRequest``."""

    name = "OTLP traces"

    def __init__(self, scrubbing: Scrubbing) -> None:
        self._scrubbing = scrubbing

    def signal(self, item: ReadableSpan) -> str:  # noqa: ARG002  # every item here is a span
        """Always ``span``."""
        return "span"

    def weight(self, item: ReadableSpan) -> int:
        """About the bytes of the texts in it; events and links by their number, too."""
        further: tuple[Event | Link, ...] = (*item.events, *item.links)
        said = _said(plain_attributes(item)) + sum(_said(one.attributes) for one in further)
        return _OF_A_SPAN * (1 + len(further)) + said

    def gate(self, item: ReadableSpan, scope: TraceScope | None) -> ReadableSpan:
        """A clean copy of a span."""
        return clean_span(item, scope, self._scrubbing)

    def encode(self, clean: Sequence[ReadableSpan]) -> bytes:
        """One protobuf body."""
        return span_encoding.encode(clean)

    def split(self, body: bytes) -> list[tuple[int, bytes]]:
        """Two bodies with half of the spans each; none when there is only one."""
        whole = ExportTraceServiceRequest.FromString(body)
        total = sum(len(scope.spans) for resource in whole.resource_spans for scope in resource.scope_spans)
        if total < 2:
            return []
        half = total // 2
        return [(half, _part(whole, 0, half)), (total - half, _part(whole, half, total))]

    def trim(self, body: bytes) -> bytes:
        """A span without events and links, its long texts cut, its large structures left out."""
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    span.dropped_events_count += len(span.events)
                    span.dropped_links_count += len(span.links)
                    del span.events[:], span.links[:]
                    span.name = span.name[:LONGEST_VALUE]
                    if span.HasField("status"):
                        span.status.message = span.status.message[:LONGEST_VALUE]
                    for position in reversed(range(len(span.attributes))):
                        value = span.attributes[position].value
                        if value.WhichOneof("value") == "string_value":
                            value.string_value = value.string_value[:LONGEST_VALUE]
                        elif value.ByteSize() > LONGEST_VALUE:
                            del span.attributes[position]
                            span.dropped_attributes_count += 1
        trimmed: bytes = request.SerializeToString()
        return trimmed


def _said(attributes: Mapping[str, Any] | None) -> int:
    said = 0
    for value in (attributes or {}).values():  # a plain loop: this runs in requests
        kind = type(value)
        if kind is str:
            said += len(value)
        elif kind is not int and kind is not bool:
            said += _size(value, _DEEPEST)
    return said


def _size(value: Any, deepest: int) -> int:
    """About the bytes of a value, without asking what the class of a text itself says of its length."""
    if isinstance(value, str):
        return str.__len__(value)
    if isinstance(value, bytes):
        return bytes.__len__(value)
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, tuple | list):
        return 0
    return sum(_OF_A_VALUE + _size(part, deepest - 1) for part in value) if deepest else _OF_A_VALUE


def _part(whole: ExportTraceServiceRequest, start: int, end: int) -> bytes:
    """The spans from one position to another, below copies of their resources and scopes."""
    part = ExportTraceServiceRequest()
    position = 0
    for resource in whole.resource_spans:
        into_resource = None
        for scope in resource.scope_spans:
            chosen = scope.spans[max(0, start - position) : max(0, end - position)]
            position += len(scope.spans)
            if not chosen:
                continue
            if into_resource is None:
                into_resource = part.resource_spans.add(
                    resource=resource.resource, schema_url=resource.schema_url
                )
            into_resource.scope_spans.add(scope=scope.scope, schema_url=scope.schema_url, spans=chosen)
    encoded: bytes = part.SerializeToString()
    return encoded
