"""With a collector's address in the environment spans go there, and errors still go to Sentry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telemetry.testing.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from programs import Server


@pytest.fixture
def collector() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


def test_spans_go_to_the_collector_and_errors_to_the_dsn(
    start: Callable[..., Server], sink: Sink, collector: Sink
) -> None:
    server = start(
        settings={
            "SENTRY_DSN": sink.dsn(),
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"{collector.url}/prefix/",
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20collector-token,x-scope=seven",
        }
    )
    trace_id = server.trace("/broken/1", headers={"X-Tenant-Id": "alice-and-daughters"})
    spans = collector.whole(trace_id)
    (event,) = sink.errors_of(trace_id)
    server.end()
    assert event["contexts"]["trace"]["span_id"] in {s.span_id for s in spans if s.kind == "SERVER"}
    assert {span.attributes["continuum.tenant.hash"] for span in spans} == {event["user"]["id"]}
    assert {request.path for request in collector.requests} == {"/prefix/v1/traces", "/prefix/v1/metrics"}
    assert {request.path for request in sink.requests} == {"/api/7/envelope/"}
    for request in collector.requests:
        assert request.headers["authorization"] == "Bearer collector-token"
        assert request.headers["x-scope"] == "seven"
        assert "X-Sentry-Auth" not in request.headers
    assert not [request for request in sink.requests if "collector-token" in str(request.headers)]
    assert "collector-token" not in server.log


def test_a_collector_alone_is_enough(start: Callable[..., Server], collector: Sink) -> None:
    server = start(
        settings={
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/just/here",
        }
    )
    server.trace("/broken/1")
    server.end()
    assert {request.path for request in collector.requests} == {"/just/here"}
