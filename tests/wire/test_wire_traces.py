"""A request of an application that knows nothing of telemetry arrives as one whole, readable trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Running
    from programs import Server

    from telemetry.testing.signals import Span
    from telemetry.testing.sink import Sink

pytestmark = pytest.mark.xdist_group("wire-foreign")


def server_of(spans: list[Span]) -> Span:
    servers = [span for span in spans if span.kind == "SERVER"]
    assert len(servers) == 1
    return servers[0]


@pytest.fixture(scope="module")
def spans(foreign: Running) -> list[Span]:
    """What arrives for one request that reads from the database and from Redis."""
    return foreign.sink.whole(foreign.server.trace("/items/1"))


def test_a_request_has_exactly_one_server_span_named_by_its_route(spans: list[Span]) -> None:
    span = server_of(spans)
    assert span.name == "GET /items/{item_id}"
    assert span.attributes["http.route"] == "/items/{item_id}"
    assert span.attributes["http.request.method"] == "GET"
    assert span.attributes["http.response.status_code"] == 200
    assert span.end > span.start


def test_database_and_redis_spans_hang_below_the_server_span(spans: list[Span]) -> None:
    server = server_of(spans)
    by_system = {span.attributes.get("db.system.name"): span for span in spans if span.kind == "CLIENT"}
    assert set(by_system) == {"sqlite", "redis"}
    known = {span.span_id for span in spans}
    for span in spans:
        assert span.trace_id == server.trace_id
        assert span is server or span.parent_id in known
        assert server.start <= span.start < span.end <= server.end


def test_statements_arrive_as_templates(spans: list[Span]) -> None:
    statements = {
        span.name: span.attributes["db.query.text"] for span in spans if "db.query.text" in span.attributes
    }
    assert statements == {"SELECT items": "SELECT owner FROM items WHERE id = ?", "GET": "GET ?"}


def test_names_are_those_of_the_stable_conventions(spans: list[Span]) -> None:
    keys = {key for span in spans for key in span.attributes}
    assert {"http.request.method", "http.route", "http.response.status_code", "db.query.text"} <= keys
    assert not keys & {
        "http.method",
        "http.url",
        "http.target",
        "http.status_code",
        "db.statement",
        "db.system",
    }


def test_no_span_says_only_that_a_message_was_sent_or_received(spans: list[Span]) -> None:
    assert not [span.name for span in spans if span.name.endswith((" send", " receive"))]


def test_a_background_task_belongs_to_its_request(foreign: Running) -> None:
    spans = foreign.sink.whole(foreign.server.trace("/later"))
    names = {span.name for span in spans}
    assert {"GET /later", "BackgroundTask _read", "SELECT items"} <= names


def test_a_path_that_no_route_knows_is_named_by_its_method(foreign: Running) -> None:
    span = server_of(foreign.sink.whole(foreign.server.trace("/nothing/here")))
    assert span.name == "GET"
    assert span.attributes["http.response.status_code"] == 404


def test_a_method_that_nobody_knows_is_called_other(foreign: Running) -> None:
    trace = "7" * 32
    foreign.server.call("/healthz", method="BREW", headers={"traceparent": f"00-{trace}-{'8' * 16}-01"})
    span = server_of(foreign.sink.whole(trace))
    assert span.attributes["http.request.method"] == "_OTHER"
    assert span.name == "HTTP /healthz"


def test_the_resource_says_who_sends(spans: list[Span]) -> None:
    resource = server_of(spans).resource
    assert resource["service.name"] == "foreign"
    assert resource["sentry.release"] == "foreign@1.2.3"
    assert resource["deployment.environment.name"] == "development"
    assert resource["telemetry.sdk.language"] == "python"
    assert len(resource["service.instance.id"]) == 36


def test_spans_come_gzipped_as_protobuf_with_the_key_of_the_dsn(foreign: Running) -> None:
    requests = [request for request in foreign.sink.requests if "/otlp/" in request.path]
    assert {request.path for request in requests} == {"/api/7/integration/otlp/v1/traces/"}
    for request in requests:
        assert request.headers["Content-Encoding"] == "gzip"
        assert request.headers["Content-Type"] == "application/x-protobuf"
        assert "sentry_key=abc123" in request.headers["X-Sentry-Auth"]


def test_no_span_arrives_twice(foreign: Running) -> None:
    ids = [(span.trace_id, span.span_id) for span in foreign.sink.spans()]
    assert len(ids) == len(set(ids))


def test_the_same_arrives_from_an_application_that_sets_up_telemetry_by_itself(
    start: Callable[..., Server], sink: Sink
) -> None:
    settings = {"SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "1"}
    server = start("own:app", settings=settings, launcher=False)
    trace_id = server.trace("/broken/1")
    spans = sink.whole(trace_id)
    assert {"GET /broken/{item_id}", "SELECT"} <= {span.name for span in spans}
    (event,) = sink.errors_of(trace_id)
    assert event["contexts"]["trace"]["span_id"] == server_of(spans).span_id
    assert event["release"] == server_of(spans).resource["sentry.release"] == "own@1.0.0"
    assert server.call("/process").status == 200
