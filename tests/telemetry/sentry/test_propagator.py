from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from telemetry import sampling
from telemetry.sentry.propagator import SentryTracePropagator

W3C_TRACE, SENTRY_TRACE, SPAN = "1" * 32, "2" * 32, "3" * 16
PROPAGATOR = CompositePropagator([TraceContextTextMapPropagator(), SentryTracePropagator()])


def started(headers: dict[str, str], rate: float) -> trace.SpanContext:
    """The context of a span started by our sampler below an incoming request's headers."""
    tracer = TracerProvider(sampler=sampling.build("parentbased_traceidratio", rate)).get_tracer("test")
    return tracer.start_span("name", context=PROPAGATOR.extract(headers, Context())).get_span_context()


@pytest.mark.parametrize("rate", [0.0, 1.0])
@pytest.mark.parametrize("flag", ["0", "1"])
def test_a_decision_made_upstream_is_honoured(rate, flag):
    span = started({"sentry-trace": f"{SENTRY_TRACE}-{SPAN}-{flag}"}, rate)
    assert trace.format_trace_id(span.trace_id) == SENTRY_TRACE
    assert span.trace_flags.sampled == (flag == "1")


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_deferred_decision_is_made_here(rate):
    span = started({"sentry-trace": f"{SENTRY_TRACE}-{SPAN}"}, rate)
    assert trace.format_trace_id(span.trace_id) == SENTRY_TRACE
    assert span.trace_flags.sampled == (rate == 1.0)


@pytest.mark.parametrize("flags", ["00", "01"])
def test_w3c_wins_when_both_are_there(flags):
    other = "1" if flags == "00" else "0"
    span = started(
        {"traceparent": f"00-{W3C_TRACE}-{SPAN}-{flags}", "sentry-trace": f"{SENTRY_TRACE}-{SPAN}-{other}"},
        0.5,
    )
    assert trace.format_trace_id(span.trace_id) == W3C_TRACE
    assert span.trace_flags.sampled == (flags == "01")


@pytest.mark.parametrize(
    "value", ["", "nonsense", f"{'0' * 32}-{SPAN}-1", f"{SENTRY_TRACE}-{SPAN}-2", "x" * 10_000]
)
def test_nonsense_starts_a_new_trace(value):
    span = started({"sentry-trace": value}, 1.0)
    assert trace.format_trace_id(span.trace_id) not in (SENTRY_TRACE, "0" * 32)


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_the_current_span_is_written(rate):
    tracer = TracerProvider(sampler=sampling.build("parentbased_traceidratio", rate)).get_tracer("test")
    with tracer.start_as_current_span("name") as span:
        carrier: dict[str, str] = {}
        PROPAGATOR.inject(carrier)
    ids = span.get_span_context()
    expected = f"{trace.format_trace_id(ids.trace_id)}-{trace.format_span_id(ids.span_id)}-{int(rate)}"
    assert carrier["sentry-trace"] == expected
    assert "traceparent" in carrier
