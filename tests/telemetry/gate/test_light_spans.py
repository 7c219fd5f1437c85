"""A light span says what the SDK's own would have said, whatever is done to it."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, Tracer, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from telemetry import sampling
from telemetry.configuration.settings import Settings
from telemetry.gate.light_spans import LightSpan, LightTracer
from telemetry.gate.provider import GatedTracerProvider
from telemetry.pipeline import build

OTHER = SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
UNSAMPLED = SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(0))
FEW = 3
"""How many attributes a span may have here."""


class Odd:
    def __str__(self):
        return "odd"


class Text(str):
    __slots__ = ()


DEEDS = {
    "nothing": lambda span: None,
    "plain attributes": lambda span: span.set_attributes({"a": 1, "b": "two", "c": 3.5}),
    "an attribute again": lambda span: [span.set_attribute("a", number) for number in (1, True, "x")],
    "too many attributes": lambda span: [span.set_attribute(f"a{number}", number) for number in range(6)],
    "an attribute again among as many as there may be": lambda span: [
        span.set_attribute(key, 1) for key in ("a", "b", "c", "a")
    ],
    "no key": lambda span: span.set_attribute("", 1),
    "a key that is no text": lambda span: span.set_attribute(7, 1),
    "a list": lambda span: span.set_attribute("a", [1, 2]),
    "nothing as a value": lambda span: span.set_attribute("a", None),
    "bytes": lambda span: span.set_attribute("a", b"raw"),
    "an object": lambda span: span.set_attribute("a", Odd()),
    "a text of a class of its own": lambda span: span.set_attribute(Text("a"), Text("b")),
    "a structure": lambda span: span.set_attributes({"a": {"b": [1, None]}, "c": 2}),
    "an event between attributes": lambda span: [
        span.set_attribute("a", 1),
        span.add_event("happened", {"x": 1}, 5),
        span.set_attribute("b", 2),
    ],
    "an exception": lambda span: span.record_exception(ValueError("words"), timestamp=5),
    "a link": lambda span: span.add_link(OTHER, {"x": 1}),
    "a new name": lambda span: span.update_name("another"),
    "a status": lambda span: span.set_status(Status(StatusCode.ERROR, "why")),
    "a status after ok": lambda span: [span.set_status(StatusCode.OK), span.set_status(StatusCode.ERROR)],
    "an end, and more": lambda span: [
        span.set_attribute("a", 1),
        span.end(9),
        span.set_attribute("b", 2),
        span.set_attribute("c", [3]),
        span.add_event("late"),
        span.end(11),
    ],
}


class Keeping(SpanProcessor):
    """What a span says at its end."""

    def __init__(self):
        self.ended = []

    def _on_ending(self, span):
        self.ended.append(said(span))


def said(span: ReadableSpan):
    context = span.get_span_context()
    return {
        "name": span.name,
        "kind": span.kind,
        "trace": context.trace_id,
        "flags": int(context.trace_flags),
        "parent": span.parent,
        "attributes": dict(span.attributes),
        "types": [type(value) for value in span.attributes.values()],
        "events": [(event.name, _plain(event.attributes), event.timestamp) for event in span.events],
        "links": [(link.context, dict(link.attributes)) for link in span.links],
        "status": (span.status.status_code, span.status.description),
        "times": (span.start_time, span.end_time),
        "dropped": (span.dropped_attributes, span.dropped_events, span.dropped_links),
        "recording": span.is_recording(),
        "scope": span.instrumentation_scope,
        "resource": span.resource,
    }


def _plain(attributes):
    return {key: value for key, value in attributes.items() if key != "exception.stacktrace"}


@pytest.fixture
def both(monkeypatch):
    """The same tracer of the SDK's provider and of ours, each with what has ended."""
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", str(FEW))
    limits = SpanLimits(max_span_attribute_length=SpanLimits.UNSET)
    usual = TracerProvider(resource=Resource({}), span_limits=limits, shutdown_on_exit=False)
    ours = provider(ALWAYS_ON)
    keeping = Keeping(), Keeping()
    usual.add_span_processor(keeping[0])
    ours.processors._span_processors += (keeping[1],)
    return [
        (provider.get_tracer("tests", "1"), kept.ended)
        for provider, kept in zip((usual, ours), keeping, strict=True)
    ]


def provider(sampler):
    return GatedTracerProvider(sampler, Resource({}), build(Settings.read({})).scrubbing)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("given", [{}, {"attributes": {"z": 1}}, {"links": [Link(OTHER, {"y": 2})]}])
def test_it_says_what_the_sdk_would_have_said(both, deed, given):
    above = trace.set_span_in_context(NonRecordingSpan(OTHER))
    for tracer, _ in both:
        span = tracer.start_span("name", above, SpanKind.CLIENT, start_time=3, **given)
        DEEDS[deed](span)
        if span.is_recording():
            span.end(9)
    (usual,), (light,) = (ended for _, ended in both)
    assert light == usual
    assert isinstance(span, LightSpan)


def test_what_a_with_statement_raises_is_recorded(both):
    for tracer, _ in both:
        with pytest.raises(LookupError), tracer.start_as_current_span("name", record_exception=True):
            raise LookupError("words")
        with pytest.raises(LookupError), tracer.start_span("name", record_exception=False):
            raise LookupError("words")
    events = [[[event[0] for event in one["events"]] for one in ended] for _, ended in both]
    assert events == [[["exception"], []]] * 2
    usual, light = ([one["status"] for one in ended] for _, ended in both)
    assert light == usual


def test_ids_flags_and_parents_are_those_of_the_trace(both):
    for tracer, ended in both:
        with tracer.start_as_current_span("root") as root, tracer.start_as_current_span("inner"):
            pass
        inner, outer = ended
        ids = root.get_span_context()
        assert outer["parent"] is None
        assert inner["parent"] == ids
        assert inner["trace"] == outer["trace"] == ids.trace_id
        assert inner["flags"] == outer["flags"] == TraceFlags.SAMPLED | TraceFlags.RANDOM_TRACE_ID


def test_what_the_sampler_leaves_out_has_ids_and_records_nothing():
    tracer = provider(ALWAYS_OFF).get_tracer("tests")
    with tracer.start_as_current_span("root") as root:
        inner = tracer.start_span("inner")
    assert not root.is_recording()
    assert not inner.is_recording()
    assert inner.get_span_context().trace_id == root.get_span_context().trace_id
    assert inner.get_span_context().span_id != root.get_span_context().span_id


def test_a_remote_decision_holds():
    tracer = provider(ParentBased(ALWAYS_ON)).get_tracer("tests")
    above = trace.set_span_in_context(NonRecordingSpan(UNSAMPLED))
    assert not tracer.start_span("name", above).is_recording()


def test_a_span_of_another_provider_is_no_reason_to_record():
    theirs = TracerProvider(sampler=ALWAYS_ON, shutdown_on_exit=False).get_tracer("theirs")
    ours = provider(ALWAYS_OFF).get_tracer("tests")
    with theirs.start_as_current_span("theirs"):
        assert not ours.start_span("ours").is_recording()


def test_a_tracer_is_made_once(both):
    ours = provider(sampling.build("always_on", 1.0))
    assert type(ours.get_tracer("one")) is LightTracer
    assert ours.get_tracer("one") is ours.get_tracer("one")


def test_a_tracer_that_counts_its_spans_is_left_to_the_sdk(monkeypatch):
    monkeypatch.setenv("OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED", "true")
    assert type(provider(ALWAYS_ON).get_tracer("counted")) is Tracer
