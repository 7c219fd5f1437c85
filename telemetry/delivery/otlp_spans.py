"""Spans to an OTLP endpoint: Sentry's own or a collector's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telemetry.gate.spans import clean_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from telemetry.gate.scrubbing import Scrubbing
    from telemetry.trace_scope import TraceScope

LONGEST_VALUE: Final = 256
"""Characters of an attribute that a span keeps when it is too large for its backend."""
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
        """About the bytes of its attributes' texts; events and links by their number."""
        said = sum(len(value) for value in (item.attributes or {}).values() if isinstance(value, str | bytes))
        return _OF_A_SPAN + said + _OF_A_SPAN * (len(item.events) + len(item.links))

    def gate(self, item: ReadableSpan, scope: TraceScope | None) -> ReadableSpan:
        """A clean copy of a span."""
        return clean_span(item, scope, self._scrubbing)

    def encode(self, clean: Sequence[ReadableSpan]) -> bytes:
        """One protobuf body."""
        body: bytes = encode_spans(clean).SerializeToString()
        return body

    def split(self, body: bytes) -> list[tuple[int, bytes]]:
        """Two bodies with half of the spans each; none when there is only one."""
        whole = ExportTraceServiceRequest.FromString(body)
        total = sum(len(scope.spans) for resource in whole.resource_spans for scope in resource.scope_spans)
        if total < 2:
            return []
        half = total // 2
        return [(half, _part(whole, 0, half)), (total - half, _part(whole, half, total))]

    def trim(self, body: bytes) -> bytes:
        """A span without events and links, its long texts cut."""
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    span.dropped_events_count += len(span.events)
                    span.dropped_links_count += len(span.links)
                    del span.events[:], span.links[:]
                    for attribute in span.attributes:
                        attribute.value.string_value = attribute.value.string_value[:LONGEST_VALUE]
        trimmed: bytes = request.SerializeToString()
        return trimmed


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
