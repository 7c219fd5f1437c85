"""Spans to an OTLP endpoint over HTTP: Sentry's own or a collector's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

from telemetry.delivery.exchange import Target
from telemetry.gate.spans import clean_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from telemetry.gate.scrubbing import Scrubbing
    from telemetry.settings import Settings
    from telemetry.trace_scope import TraceScope

PROTOBUF = "application/x-protobuf"


class OtlpSpanExporter:
    """Scrubs spans and encodes them as an OTLP ``ExportTraceServiceRequest``."""

    name = "OTLP traces"

    def __init__(self, target: Target, scrubbing: Scrubbing) -> None:
        self.target = target
        self._scrubbing = scrubbing

    def signal(self, item: ReadableSpan) -> str:  # noqa: ARG002  # every item here is a span
        """Always ``span``."""
        return "span"

    def gate(self, item: ReadableSpan, scope: TraceScope | None) -> ReadableSpan:
        """A clean copy of a span."""
        return clean_span(item, scope, self._scrubbing)

    def encode(self, clean: Sequence[ReadableSpan]) -> bytes:
        """One protobuf body."""
        body: bytes = encode_spans(clean).SerializeToString()
        return body


def span_target(settings: Settings) -> Target | None:
    """Where spans go: the collector that the environment names, otherwise Sentry's endpoint for the DSN."""
    if settings.otlp_traces_url is not None:
        headers = {"Content-Type": PROTOBUF, **dict(settings.otlp_headers)}
        return Target(settings.otlp_traces_url, headers, settings.otlp_certificate)
    if settings.dsn is not None:
        headers = {"Content-Type": PROTOBUF, "X-Sentry-Auth": settings.dsn.auth_header}
        return Target(settings.dsn.otlp_url("traces"), headers, categories=frozenset({"span", "transaction"}))
    return None
