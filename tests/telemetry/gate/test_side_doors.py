"""Providers of the SDK that the application makes for itself export clean copies only."""

from __future__ import annotations

import logging
import warnings

import noting
import pytest
from opentelemetry import trace
from opentelemetry.sdk._logs import ConcurrentMultiLogRecordProcessor, Logger, LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ConcurrentMultiSpanProcessor, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from telemetry import trace_scope
from telemetry.gate.provider import GatedTracerProvider
from telemetry.gate.side_doors import close_side_doors, open_side_doors
from telemetry.testing.canaries import Canaries


@pytest.fixture
def said():
    return Canaries().sentence("said")


@pytest.fixture
def scrubbing():
    yield noting.scrubbing_of()
    open_side_doors()


class Spans:
    """A provider of the application's own, with a raw exporter."""

    def __init__(self, said, active=None):
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(
            resource=Resource({"who": said}), shutdown_on_exit=False, active_span_processor=active
        )
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("x")

    def leaked(self, said):
        assert self.exporter.get_finished_spans()
        return [span.to_json() for span in self.exporter.get_finished_spans() if said in span.to_json()]


class Logs:
    """The same for log records."""

    def __init__(self, said, multi=None):
        self.exporter = InMemoryLogRecordExporter()
        self.provider = LoggerProvider(
            Resource({"who": said}), shutdown_on_exit=False, multi_log_record_processor=multi
        )
        self.provider.add_log_record_processor(SimpleLogRecordProcessor(self.exporter))
        self.logger = self.provider.get_logger("x")

    def leaked(self, said):
        assert self.exporter.get_finished_logs()
        return noting.leaked(said, list(self.exporter.get_finished_logs()))


def span_with(tracer, said):
    with tracer.start_as_current_span(said, attributes={"free": said}) as span:
        span.add_event(said, {"event": said})
        span.set_status(trace.StatusCode.ERROR, said)
        span.record_exception(ValueError(said))


@pytest.mark.parametrize("active", [None, ConcurrentMultiSpanProcessor])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_tracer_provider_exports_clean_spans_whenever_it_was_made(scrubbing, said, active, when):
    early = Spans(said, active() if active else None)
    close_side_doors(scrubbing)
    spans = early if when == "before" else Spans(said, active() if active else None)
    span_with(spans.tracer, said)
    assert not spans.leaked(said)
    (span,) = spans.exporter.get_finished_spans()
    assert [event.name for event in span.events][1] == "exception"
    assert "service.name" in span.resource.attributes
    spans.provider.shutdown()


@pytest.mark.parametrize("multi", [None, ConcurrentMultiLogRecordProcessor])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_logger_provider_exports_clean_records_whenever_it_was_made(scrubbing, said, multi, when):
    early = Logs(said, multi() if multi else None)
    close_side_doors(scrubbing)
    logs = early if when == "before" else Logs(said, multi() if multi else None)
    logs.logger.emit(body=said, attributes={"free": said, "size": 3}, exception=ValueError(said))
    assert not logs.leaked(said)
    (record,) = logs.exporter.get_finished_logs()
    assert record.log_record.attributes["exception.type"] == "ValueError"
    assert "service.name" in record.resource.attributes


def test_the_sdk_s_own_logging_handler_exports_the_words_of_the_code(scrubbing, said, tmp_path):
    logs = Logs(said)
    close_side_doors(scrubbing)
    with warnings.catch_warnings(), noting.application(tmp_path) as app:
        warnings.simplefilter("ignore", DeprecationWarning)
        app.logger.addHandler(LoggingHandler(logging.NOTSET, logs.provider))
        app.line(said)
    assert not logs.leaked(said)
    assert logs.exporter.get_finished_logs()[0].log_record.body == "could not index [data]"


def test_without_the_doors_closed_they_leak(said):
    """What the other tests rely on."""
    spans, logs = Spans(said), Logs(said)
    span_with(spans.tracer, said)
    logs.logger.emit(body=said)
    assert spans.leaked(said)
    assert logs.leaked(said)


def test_a_processor_that_reads_a_started_span_reads_a_clean_one(scrubbing, said):
    read = []

    class Reading(SpanProcessor):
        def on_start(self, span, parent_context=None):
            read.append(f"{span.name} {span.attributes} {span.resource.attributes}")
            span.set_attribute("batch", 3)

    spans = Spans(said)
    spans.provider.add_span_processor(Reading())
    close_side_doors(scrubbing)
    span_with(spans.tracer, said)
    assert len(read) == 1
    assert said not in read[0]
    assert 3 in spans.exporter.get_finished_spans()[0].attributes.values()


def test_a_processor_that_raises_does_not_reach_the_application(scrubbing, said):
    class Failing(SpanProcessor):
        def on_start(self, span, parent_context=None):
            raise RuntimeError("x")

        def on_end(self, span):
            raise RuntimeError("x")

    spans = Spans(said)
    spans.provider.add_span_processor(Failing())
    close_side_doors(scrubbing)
    span_with(spans.tracer, said)
    assert scrubbing.ledger.snapshot()["faults"] == {"span gate of another provider: RuntimeError": 2}


def test_what_cannot_be_cleaned_is_not_exported(scrubbing, said, monkeypatch):
    spans, logs = Spans(said), Logs(said)
    close_side_doors(scrubbing)
    monkeypatch.setattr("telemetry.privacy.scrub.Scrubber.attributes", lambda *_: 1 / 0)
    span_with(spans.tracer, said)
    logs.logger.emit(body=said)
    assert spans.exporter.get_finished_spans() == ()
    assert logs.exporter.get_finished_logs() == ()
    assert sum(scrubbing.ledger.snapshot()["faults"].values()) == 2


def test_our_own_providers_are_let_through(scrubbing):
    noted = noting.Noting()
    exporter = InMemorySpanExporter()
    ours = GatedTracerProvider(ALWAYS_ON, Resource({"service.name": "memory"}), noted.scrubbing)
    ours.add_span_processor(SimpleSpanProcessor(exporter))
    close_side_doors(scrubbing)
    noted.provider.get_logger("x").emit(body=1)
    with ours.get_tracer("x").start_as_current_span("connect"):
        pass
    assert len(noted.exported) == 1
    assert exporter.get_finished_spans()[0].resource.attributes == {"service.name": "memory"}


def test_a_private_span_does_not_keep_our_spans_below_it_waiting(scrubbing, said):
    close_side_doors(scrubbing)
    with Spans(said).tracer.start_as_current_span("x") as span:
        assert trace_scope.of_span(span) is None


def test_a_private_span_carries_the_tenant_of_the_running_request(scrubbing, said):
    spans = Spans(said)
    close_side_doors(scrubbing)
    scope = trace_scope.TraceScope()
    before = trace_scope.enter(scope)
    try:
        with spans.tracer.start_as_current_span("x"):
            scope.tenant = "abcd-0123"
    finally:
        trace_scope.enter(before)
    assert spans.exporter.get_finished_spans()[0].attributes["continuum.tenant.hash"] == "abcd-0123"


def test_closing_anew_replaces_the_scrubbing_and_opening_leaves_the_sdk_as_it_was(scrubbing, said):
    before = Span.__init__, Logger.emit
    logs = Logs(said)
    close_side_doors(noting.scrubbing_of())
    reopen = close_side_doors(scrubbing)
    logs.logger.emit(body=said)
    assert scrubbing.ledger.snapshot()["redactions"]
    reopen()
    assert (Span.__init__, Logger.emit) == before
