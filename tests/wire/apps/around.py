"""An application that brings telemetry of its own, and by it a way round the gate."""

from __future__ import annotations

import contextlib
import os
import urllib.request
from typing import TYPE_CHECKING, Any

import sentry_sdk
from fastapi import FastAPI
from foreign import app as foreign_app
from opentelemetry import metrics, trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from planted import CODE
from sentry_sdk.consts import DEFAULT_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

WAY = os.environ["AROUND"]
ALL: dict[str, Any] = {"send_default_pii": True, "include_local_variables": True, "enable_logs": True}
"""Options by which the SDK collects all that it can."""
if "send_default_pii" not in DEFAULT_OPTIONS:  # gone from 3 on, where only what isn't wanted is said
    ALL = {"data_collection": {}}


class PostingExporter(SpanExporter):
    """Posts all that it is told about a span to a place of its own."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            post(span.to_json())
        return SpanExportResult.SUCCESS


class KeepingProcessor(SpanProcessor):
    """Keeps the span it was given at the start, and reads it at the end."""

    def __init__(self) -> None:
        self.kept: dict[int, Any] = {}

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.kept[span.get_span_context().span_id] = span

    def on_end(self, span: ReadableSpan) -> None:
        kept = self.kept.pop(span.get_span_context().span_id)
        post(f"{kept.name} {dict(kept.attributes)} {[dict(event.attributes) for event in kept.events]}")


def post(text: str) -> None:
    request = urllib.request.Request(os.environ["AROUND_SINK"] + "/around", text.encode(), method="POST")
    with contextlib.suppress(OSError):
        urllib.request.urlopen(request, timeout=2).close()


provider: Any = trace.get_tracer_provider()
if WAY == "processor":
    provider.add_span_processor(SimpleSpanProcessor(PostingExporter()))
elif WAY == "keeping":
    provider.add_span_processor(KeepingProcessor())
elif WAY == "private":
    provider._active_span_processor.add_span_processor(SimpleSpanProcessor(PostingExporter()))
elif WAY == "second provider":
    own = TracerProvider()
    own.add_span_processor(SimpleSpanProcessor(PostingExporter()))
    trace.set_tracer_provider(own)
elif WAY == "sentry init":
    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], traces_sample_rate=1.0, **ALL)
elif WAY == "sentry otlp integration":
    from sentry_sdk.integrations.otlp import OTLPIntegration

    sentry_sdk.init(
        dsn=os.environ["SENTRY_DSN"],
        integrations=[OTLPIntegration(collector_url=os.environ["AROUND_SINK"] + "/v1/traces")],
    )
elif WAY == "sentry client":
    sentry_sdk.get_global_scope().set_client(sentry_sdk.Client(dsn=os.environ["SENTRY_DSN"], **ALL))
elif WAY == "sentry option":
    client: Any = sentry_sdk.get_client()
    collecting = sentry_sdk.Client(default_integrations=False, **ALL).options
    for name in ("include_local_variables", "include_source_context", "send_default_pii", "data_collection"):
        client.options[name] = collecting.get(name)
    client.options["before_send"] = None
    client.options["debug"] = True

app = FastAPI()
app.router.routes.extend(foreign_app.router.routes)
tracer = trace.get_tracer("around")
counter = metrics.get_meter("around").create_counter("around")


@app.get("/plant")
def plant() -> None:
    local = CODE["local variable"]
    with tracer.start_as_current_span(CODE["span name"]) as span:
        span.set_attribute("free", CODE["attribute"])
        span.add_event(CODE["span event name"], {"event": CODE["span event attribute"]})
        counter.add(1, {"who": CODE["nested attribute"]})
        sentry_sdk.set_tag("whose", CODE["tag"])
        sentry_sdk.capture_message(CODE["captured message"])
        raise LookupError(f"{CODE['exception text']} {local}")
