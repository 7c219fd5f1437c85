"""Logs and metrics leave like spans do: behind the gate, under one identity, to where they are wanted."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from telemetry.testing import leaks
from telemetry.testing.sink import Answer, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from programs import Server

SAID = "Kunigunde confessed that she never watered the begonias"
TENANT = "acme-begonias"
LOGS = {"OTEL_LOGS_EXPORTER": "otlp", "OTEL_BLRP_SCHEDULE_DELAY": "100"}


@pytest.fixture
def collector() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


def place_order(server: Server) -> None:
    reply = server.call(
        "/orders",
        method="POST",
        body=json.dumps({"note": SAID}),
        headers={"content-type": "application/json", "X-Tenant-Id": TENANT},
    )
    assert reply.status == 200


@pytest.mark.parametrize("profile", ["strict", "balanced"])
def test_nothing_that_was_said_leaves_in_logs_or_metrics(
    start: Callable[..., Server], collector: Sink, tmp_path: Path, profile: str
) -> None:
    server = start(
        "signals:app",
        settings=LOGS
        | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_METRIC_EXPORT_INTERVAL": "200",
            "OTEL_TRACES_SAMPLER": "always_on",
            "CONTINUUM_TELEMETRY_PRIVACY": profile,
        },
    )
    place_order(server)
    time.sleep(0.5)
    server.end()
    for text in (SAID, TENANT):
        assert not leaks.seen(text, collector.requests)
    past = "".join(path.read_text() for path in tmp_path.rglob("past-*.txt"))
    assert "orders.placed" in past
    assert SAID not in past
    assert {request.path for request in collector.requests} == {"/v1/traces", "/v1/logs", "/v1/metrics"}


def test_logs_keep_their_own_words_and_belong_to_their_trace(
    start: Callable[..., Server], collector: Sink
) -> None:
    server = start(
        "signals:app",
        settings=LOGS | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_TRACES_SAMPLER": "always_on"},
    )
    place_order(server)
    server.end()
    (span,) = collector.servers()
    logs = [log for log in collector.logs() if log.trace_id == span.trace_id]
    lines = [log for log in logs if log.scope == "signals"]
    assert [log.body for log in lines if isinstance(log.body, str)] == ["could not ship the order: [data]"]
    (failed,) = [log for log in lines if "exception.type" in log.attributes]
    assert failed.severity == "ERROR"
    assert failed.attributes["exception.type"] == "LookupError"
    assert failed.attributes["exception.message"] == "no such order: [data]"
    (noted,) = [log for log in lines if log.event_name]
    assert noted.event_name == "order.noted"
    assert noted.attributes["order.size"] == 3
    tenant = {log.attributes["continuum.tenant.hash"] for log in lines}
    assert tenant == {span.attributes["continuum.tenant.hash"]}
    assert {log.resource["service.instance.id"] for log in logs} == {span.resource["service.instance.id"]}


def test_metrics_tell_what_an_operator_needs(start: Callable[..., Server], collector: Sink) -> None:
    server = start("signals:app", settings={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    for _ in range(3):
        place_order(server)
    server.end()
    metrics = {metric.name: metric for metric in collector.metrics()}
    (point,) = metrics["http.server.request.duration"].points
    assert point[0]["http.route"] == "/orders"
    assert point[0]["http.request.method"] == "POST"
    assert point[0]["http.response.status_code"] == 200
    assert point[1] == 3
    assert sum(number for _, number in metrics["orders.placed"].points) == 3
    assert metrics["continuum.telemetry.items.accepted"].points
    assert not any(metric.exemplars for metric in collector.metrics())


def test_logs_go_to_sentry_when_they_are_asked_for(start: Callable[..., Server], sink: Sink) -> None:
    server = start("signals:app", settings=LOGS | {"SENTRY_DSN": sink.dsn()})
    place_order(server)
    server.end()
    assert "could not ship the order: [data]" in [log.body for log in sink.logs()]
    (request, *_) = [request for request in sink.requests if "/logs/" in request.path]
    assert request.path == "/api/7/integration/otlp/v1/logs/"
    assert request.headers["X-Sentry-Auth"].startswith("Sentry sentry_key=abc123,")
    assert sink.metrics() == []


def test_no_log_leaves_that_nobody_asked_for(start: Callable[..., Server], sink: Sink) -> None:
    server = start("signals:app", settings={"SENTRY_DSN": sink.dsn()})
    place_order(server)
    server.end()
    assert sink.logs() == []
    assert len(sink.errors()) == 1


def test_the_log_lines_of_an_application_are_what_they_were(start: Callable[..., Server], sink: Sink) -> None:
    logged = []
    for settings in ({}, LOGS | {"SENTRY_DSN": sink.dsn()}):
        server = start("signals:app", settings=settings)
        place_order(server)
        server.end()
        logged.append([line for line in server.log.splitlines() if "order" in line and "File" not in line])
    assert logged[0]
    assert [line.partition("POST")[2] for line in logged[0]] == [
        line.partition("POST")[2] for line in logged[1]
    ]


def test_a_flood_of_one_error_is_bounded_and_told(start: Callable[..., Server], sink: Sink) -> None:
    server = start(settings={"SENTRY_DSN": sink.dsn()})
    for _ in range(90):
        server.call("/broken-async/1")
    server.call("/broken/1")
    server.end()
    kinds = [event["transaction"] for event in sink.errors()]
    assert 50 <= kinds.count("GET /broken-async/{item_id}") <= 54
    assert kinds.count("GET /broken/{item_id}") == 1
    reports = [item.payload for item in sink.items() if item.headers["type"] == "client_report"]
    lost = [event for report in reports for event in report["discarded_events"]]
    assert {(event["category"], event["reason"]) for event in lost} == {("error", "ratelimit_backoff")}
    assert sum(event["quantity"] for event in lost) + len(kinds) == 91


def test_a_limit_on_spans_does_not_hold_errors_up(start: Callable[..., Server], sink: Sink) -> None:
    sink.always("/traces/", Answer(429, {"X-Sentry-Rate-Limits": "60:span:organization"}))
    server = start(settings={"SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "1"})
    server.trace("/broken/1")
    assert sink.wait_for(lambda sink: sink.errors())
    server.end()
    assert len([request for request in sink.requests if "/traces/" in request.path]) == 1
