"""Spans that are put together from encoded parts are what OpenTelemetry's own encoder makes of them."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from telemetry.delivery import span_encoding

RESOURCES = [Resource({"service.name": name, "number": 1}, schema) for name in "ab" for schema in ("", "s")]
SCOPES = [None, InstrumentationScope("library", "1.0", "schema"), InstrumentationScope("other")]
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=600)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
PLAIN = st.one_of(TEXTS, st.booleans(), NUMBERS, st.floats(allow_nan=False))
VALUES = st.one_of(PLAIN, st.lists(TEXTS, max_size=3), st.lists(NUMBERS, max_size=3), st.binary(max_size=5))


def contexts(*, state: bool = False):
    return st.builds(
        SpanContext,
        trace_id=st.integers(1, 2**128 - 1),
        span_id=st.integers(1, 2**64 - 1),
        is_remote=st.booleans(),
        trace_flags=st.builds(TraceFlags, st.integers(0, 255)),
        trace_state=st.builds(TraceState, st.lists(st.just(("key", "value")), max_size=1))
        if state
        else st.none(),
    )


def attributes(values=VALUES):
    return st.dictionaries(TEXTS, values, max_size=6)


SPANS = st.builds(
    ReadableSpan,
    name=TEXTS,
    context=contexts(state=True),
    parent=st.none() | contexts(),
    resource=st.sampled_from(RESOURCES),
    attributes=attributes(PLAIN) | attributes(),
    events=st.lists(st.builds(Event, TEXTS, attributes(), NUMBERS.filter(lambda at: at > 0)), max_size=2),
    links=st.lists(st.builds(Link, contexts(), attributes()), max_size=1),
    kind=st.sampled_from(SpanKind),
    status=st.sampled_from([Status(), Status(StatusCode.OK), Status(StatusCode.ERROR), None]).map(
        lambda status: status or Status(StatusCode.ERROR, "why")
    ),
    start_time=st.integers(0, 2**64 - 1),
    end_time=st.integers(0, 2**64 - 1),
    instrumentation_scope=st.sampled_from(SCOPES),
)


def decoded(body: bytes) -> dict[tuple[bytes, bytes], list[bytes]]:
    """The spans of a body, by what stands above them; whether parts of it are said once or twice doesn't count."""
    found: dict[tuple[bytes, bytes], list[bytes]] = {}
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope in resource.scope_spans:
            spans = [span.SerializeToString(deterministic=True) for span in scope.spans]
            del scope.spans[:]
            above = resource.resource.SerializeToString() + resource.schema_url.encode()
            found.setdefault((above, scope.SerializeToString()), []).extend(spans)
    return found


@given(st.lists(SPANS, max_size=8))
def test_nothing_is_encoded_in_another_way_than_by_the_library(spans):
    library = encode_spans(spans).SerializeToString()
    assert decoded(span_encoding.encode(spans)) == decoded(library)


@pytest.mark.parametrize("value", [1, 1.0, True, "1", 0, -0.0, 0.0, False, "x" * 1000])
def test_values_that_are_equal_are_told_apart(value):
    spans = [
        ReadableSpan("span", SpanContext(1, 2, False), attributes={"key": other})
        for other in (1, True, 1.0, False, 0, value)
    ]
    assert decoded(span_encoding.encode(spans)) == decoded(encode_spans(spans).SerializeToString())


def test_an_application_s_own_mapping_is_read_as_it_is():
    span = ReadableSpan("span", SpanContext(1, 2, False), attributes=MappingProxyType({"key": "value"}))
    assert decoded(span_encoding.encode([span])) == decoded(encode_spans([span]).SerializeToString())


def test_what_is_kept_encoded_is_bounded():
    for number in range(5000):
        span_encoding._attribute("key", str(number), "string_value")
    kept = span_encoding._attribute.cache_info().currsize
    long = ReadableSpan("span", SpanContext(1, 2, False), attributes={"key": "y" * 257})
    span_encoding.encode([long])
    assert span_encoding._attribute.cache_info().currsize == kept <= 4096
