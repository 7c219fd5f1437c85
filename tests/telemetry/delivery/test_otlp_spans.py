"""Spans as OTLP bodies: their weight before, and what becomes of a body that is too large."""

from __future__ import annotations

import itertools
import sys
from types import MappingProxyType

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import Link, Status, StatusCode

from telemetry.configuration.settings import Settings
from telemetry.delivery.otlp_spans import LONGEST_VALUE, OtlpSpanExporter
from telemetry.gate.scrubbing import Scrubbing
from telemetry.identity import Identity
from telemetry.ledger import Ledger
from telemetry.privacy.vocabulary import Vocabulary


@pytest.fixture
def exporter():
    return OtlpSpanExporter(Scrubbing(Vocabulary("strict"), lambda: Identity.of(Settings()), Ledger()))


def span(
    name="span", *, library="library", service="service", attributes=None, events=(), links=(), status=None
):
    provider = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
    made = provider.get_tracer(library, "1.0").start_span(name, attributes=attributes, links=list(links))
    for event in events:
        made.add_event("event", event)
    if status is not None:
        made.set_status(status)
    made.end()
    return made


def spans_of(body: bytes):
    """Each span with its resource's and its scope's name."""
    request = ExportTraceServiceRequest.FromString(body)
    return [
        (resource.resource.attributes[0].value.string_value, scope.scope.name, one.name)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for one in scope.spans
    ]


def only(body: bytes):
    return ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans[0]


def test_one_body_holds_all_spans_under_their_resources_and_scopes(exporter):
    kinds = list(itertools.product(("a", "b"), ("x", "y"), ("1", "2", "3")))
    body = exporter.encode([span(name, library=library, service=service) for service, library, name in kinds])
    assert sorted(spans_of(body)) == sorted(kinds)


@pytest.mark.parametrize("number", [2, 3, 7, 12])
def test_halves_hold_each_span_once_under_its_own_resource_and_scope(exporter, number):
    kinds = list(itertools.product(("a", "b"), ("x", "y"), ("1", "2", "3")))[:number]
    body = exporter.encode([span(name, library=library, service=service) for service, library, name in kinds])
    halves = exporter.split(body)
    assert [quantity for quantity, _ in halves] == [number // 2, number - number // 2]
    assert [len(spans_of(half)) for _, half in halves] == [quantity for quantity, _ in halves]
    assert [one for _, half in halves for one in spans_of(half)] == spans_of(body)


def test_a_body_splits_until_nothing_is_left_to_split(exporter):
    bodies = [exporter.encode([span(str(number)) for number in range(9)])]
    whole = []
    while bodies:
        body = bodies.pop(0)
        parts = exporter.split(body)
        bodies += [part for _, part in parts]
        whole += [] if parts else spans_of(body)
    assert sorted(name for _, _, name in whole) == [str(number) for number in range(9)]


def test_a_trimmed_span_keeps_what_it_is_and_says_what_it_lost(exporter):
    other = span("other").get_span_context()
    large = span(
        "n" * 1000,
        attributes={
            "text": "t" * 5000,
            "whole": 404,
            "true": True,
            "half": 0.5,
            "few": ["a", "b"],
            "many": ["m" * 100] * 50,
            "bytes": b"b" * 5000,
        },
        events=[{"exception.stacktrace": "s" * 9000}] * 3,
        links=[Link(other), Link(other)],
        status=Status(StatusCode.ERROR, "d" * 3000),
    )
    body = exporter.encode([large])
    trimmed = only(exporter.trim(body))
    kept = {attribute.key: attribute.value for attribute in trimmed.attributes}
    assert kept["text"].string_value == "t" * LONGEST_VALUE
    assert kept["whole"].int_value == 404
    assert kept["true"].bool_value is True
    assert kept["half"].double_value == 0.5
    assert [value.string_value for value in kept["few"].array_value.values] == ["a", "b"]
    assert "many" not in kept
    assert "bytes" not in kept
    assert (trimmed.dropped_attributes_count, trimmed.dropped_events_count, trimmed.dropped_links_count) == (
        2,
        3,
        2,
    )
    assert (len(trimmed.events), len(trimmed.links)) == (0, 0)
    assert trimmed.name == "n" * LONGEST_VALUE
    assert trimmed.status.message == "d" * LONGEST_VALUE
    before = only(body)
    for field in ("trace_id", "span_id", "start_time_unix_nano", "end_time_unix_nano", "kind"):
        assert getattr(trimmed, field) == getattr(before, field)
    assert trimmed.status.code == before.status.code
    assert len(exporter.trim(body)) < 4000


def test_what_is_small_already_is_trimmed_to_itself(exporter):
    body = exporter.encode([span(attributes={"a": 1, "b": "two", "c": [1, 2]})])
    assert exporter.trim(body) == body


def test_weight_grows_with_what_a_span_says_wherever_it_says_it(exporter):
    text = "x" * 10_000
    plain = exporter.weight(span())
    for heavy in (
        span(attributes={"text": text}),
        span(attributes={"bytes": text.encode()}),
        span(attributes={"texts": [text, text]}),
        span(events=[{"exception.stacktrace": text}]),
        span(links=[Link(span().get_span_context(), {"text": text})]),
    ):
        assert exporter.weight(heavy) >= plain + len(text)
    assert exporter.weight(span(events=[{}] * 100)) > plain + 100 * 500


class Liar(str):
    __slots__ = ()

    def __len__(self):
        raise RuntimeError("asked")

    def __bool__(self):
        raise RuntimeError("asked")

    def __iter__(self):
        raise RuntimeError("asked")


def test_weight_asks_no_value_for_its_own_opinion(exporter):
    deep = "x"
    for _ in range(sys.getrecursionlimit() * 2):
        deep = (deep,)
    hostile = {
        "liar": Liar("x" * 100),
        "many": (Liar("x" * 100),) * 3,
        "deep": deep,
        "map": MappingProxyType({"a": Liar("x" * 100)}),
        "none": None,
        "number": 10**100,
        "object": object(),
    }
    assert 500 < exporter.weight(ReadableSpan("span", attributes=hostile)) < 10_000


def test_a_span_without_attributes_has_a_weight(exporter):
    assert exporter.weight(ReadableSpan("span")) > 0
