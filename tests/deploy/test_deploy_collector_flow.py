"""The application's telemetry through real collectors to a sink that plays Sentry."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import requests_otlp as otlp
from collectors import GATEWAY, PSEUDONYMS, Ports, agent_settings, gateway_settings
from programs import Server
from test_deploy_artefacts import metric_names

from telemetry.testing.sink import Answer, Sink

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from collectors import Collector

pytestmark = pytest.mark.collector

DOWN = float(os.environ.get("COLLECTOR_DOWN_SECONDS", "3"))
"""How long the collector stays away in the test of an outage."""


def application(home: Path, endpoint: str, **more: str) -> Server:
    """An ordinary application under the launcher, all of its traces exported to a collector."""
    return Server(
        "foreign:app",
        home=home / "application",
        settings={
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "OTEL_SERVICE_NAME": "foreign",
            "SENTRY_RELEASE": "foreign@1.2.3",
            "FOREIGN_DATABASE": str(home / "items.db"),
            **more,
        },
    )


def until(reached: Callable[[], bool], timeout: float = 20) -> None:
    """Wait for something that more than one sink takes part in."""
    deadline = time.monotonic() + timeout
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.1)


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_spans_come_out_as_the_application_sent_them(
    gateway: Collector, sink: Sink, tmp_path: Path, protocol: str
) -> None:
    endpoint = gateway.url if protocol == "http/protobuf" else f"http://127.0.0.1:{gateway.ports.grpc}"
    with Sink() as straight, application(tmp_path, endpoint, OTEL_EXPORTER_OTLP_PROTOCOL=protocol) as server:
        trace_id = server.trace("/tenant/1", headers={"X-Tenant-Id": "alice-and-daughters"})
        through = sink.whole(trace_id)
        server.kill()
        with application(tmp_path, straight.url) as same:
            sent = straight.whole(same.trace("/tenant/1", headers={"X-Tenant-Id": "alice-and-daughters"}))
    varying = {"service.instance.id", "url.path", "process.pid", "server.port", "thread.id"}
    assert sorted(span.name for span in through) == sorted(span.name for span in sent)

    def said(spans: object) -> list[dict[str, object]]:
        found = [
            {key: value for key, value in {**span.resource, **span.attributes}.items() if key not in varying}
            for span in spans
        ]
        return sorted(found, key=str)

    assert said(through) == said(sent)
    assert {span.attributes["continuum.tenant.hash"] for span in through} == {
        PSEUDONYMS.of("tenant", "alice-and-daughters")
    }
    for request in sink.requests:
        assert request.route == "/api/7/integration/otlp/v1/traces"
        assert "sentry_key=abc123, sentry_version=7" in request.headers["X-Sentry-Auth"]


def test_errors_and_slow_traces_are_kept_when_nothing_else_is(
    start: Callable[..., Collector], sink: Sink, tmp_path: Path
) -> None:
    ports = Ports()
    gateway = start(GATEWAY, gateway_settings(tmp_path, ports, sink, CONTINUUM_COLLECTOR_PERCENT="0"), ports)
    kept = {secrets.token_hex(16) for _ in range(3)}
    failed, broken, slow = kept
    gateway.post("traces", otlp.spans("GET /items/{item_id}", trace_id=failed, failed=True))
    gateway.post(
        "traces", otlp.spans("GET /items/{item_id}", trace_id=broken, http__response__status_code=503)
    )
    gateway.post("traces", otlp.spans("GET /items/{item_id}", trace_id=slow, seconds=1.5))
    for _ in range(20):
        gateway.post("traces", otlp.spans("GET /items/{item_id}"))
    sink.wait_for(lambda sink: sink.traces().keys() >= kept, 15)
    time.sleep(1)  # what wasn't kept would have come by now
    assert sink.traces().keys() == kept


def test_metrics_go_where_prometheus_would_take_them(
    start: Callable[..., Collector], sink: Sink, tmp_path: Path
) -> None:
    ports, own = Ports(), Ports()
    settings = gateway_settings(tmp_path, ports, sink)
    start(GATEWAY, settings, ports)
    agent = start(("collector-agent.yaml",), agent_settings(tmp_path / "agent", own, ports), own)
    with application(tmp_path, agent.url, OTEL_METRIC_EXPORT_INTERVAL="500") as server:
        server.trace("/items/1")
        wanted = {"http.server.request.duration", "continuum.telemetry.items.ended"}
        until(lambda: {metric.name for metric in sink.metrics()} >= wanted)
    found = {metric.name: metric for metric in sink.metrics()}
    assert found.keys() >= wanted
    (attributes, _), *_ = found["http.server.request.duration"].points
    assert attributes["http.route"] == "/items/{item_id}"
    assert {request.route for request in sink.requests if "metrics" in request.route} == {
        "/api/v1/otlp/v1/metrics"
    }
    assert not [name for name in found if "redacted" in name]


def test_every_metric_of_the_collector_that_is_named_exists(gateway: Collector, sink: Sink) -> None:
    sink.always("/v1/traces", Answer(400))
    gateway.post("traces", otlp.spans("GET /items/{item_id}"))
    named = {name for name in metric_names() if name.startswith("otelcol_")}
    assert len(named) >= 9

    def missing() -> set[str]:
        return named - set(re.findall(r"^([a-z_]+)[{ ]", gateway.metrics(), re.MULTILINE))

    until(lambda: not missing())
    assert not missing()


def test_an_agent_hands_each_trace_whole_to_one_of_two_gateways(
    start: Callable[..., Collector], tmp_path: Path
) -> None:
    with Sink() as first, Sink() as second:
        ports = [Ports(), Ports()]
        for number, sink in enumerate((first, second)):
            home = tmp_path / f"gateway-{number}"
            start(GATEWAY, gateway_settings(home, ports[number], sink), ports[number])
        own = Ports()
        agent = start(("collector-agent.yaml",), agent_settings(tmp_path / "agent", own, *ports), own)
        traces = [secrets.token_hex(16) for _ in range(40)]
        for _ in range(3):
            for trace_id in traces:
                assert agent.post("traces", otlp.spans("GET /items/{item_id}", trace_id=trace_id)) == 200
        until(lambda: len(first.spans()) + len(second.spans()) >= 120)
        counts = [Counter(span.trace_id for span in sink.spans()) for sink in (first, second)]
        with application(tmp_path, agent.url) as server:
            trace_id = server.trace("/items/1")
            until(lambda: trace_id in {**first.traces(), **second.traces()})
            assert [trace_id in sink.traces() for sink in (first, second)].count(True) == 1
    assert all(counts)
    assert not counts[0].keys() & counts[1].keys()
    assert {*counts[0].values(), *counts[1].values()} == {3}
    assert counts[0].keys() | counts[1].keys() == set(traces)


def test_nothing_is_lost_while_the_collector_is_away(
    start: Callable[..., Collector], sink: Sink, tmp_path: Path
) -> None:
    ports = Ports()
    settings = gateway_settings(tmp_path, ports, sink)
    first = start(GATEWAY, settings, ports)
    with application(tmp_path, first.url) as server:
        sent = [server.trace("/items/1") for _ in range(3)]
        sink.wait_for(lambda sink: sink.traces().keys() >= set(sent), 15)
        first.kill()
        until = time.monotonic() + DOWN
        while time.monotonic() < until:
            sent.append(server.trace("/items/1"))
            time.sleep(0.1)
        start(GATEWAY, settings, ports)
        sent.append(server.trace("/items/1"))
        sink.wait_for(lambda sink: sink.traces().keys() >= set(sent), 60)
    missing = [trace_id for trace_id in sent if len(sink.traces().get(trace_id, ())) < 3]
    assert not missing, f"{len(missing)} of {len(sent)} traces didn't come whole"


def test_what_waits_for_sentry_outlives_a_killed_collector(
    start: Callable[..., Collector], sink: Sink, tmp_path: Path
) -> None:
    ports = Ports()
    settings = gateway_settings(tmp_path, ports, sink)
    sink.always("/v1/", Answer(503))
    first = start(GATEWAY, settings, ports)
    sent = {secrets.token_hex(16) for _ in range(20)}
    for trace_id in sent:
        assert first.post("traces", otlp.spans("GET /items/{item_id}", trace_id=trace_id)) == 200
    sink.wait_for(lambda sink: sink.requests, 15)  # decided, and refused once
    first.kill()
    sink.always("/v1/", Answer(200))
    start(GATEWAY, settings, ports)
    sink.wait_for(lambda sink: sink.traces().keys() >= sent, 20)
    assert sink.traces().keys() == sent


def test_each_of_two_projects_gets_its_own_service(
    start: Callable[..., Collector], sink: Sink, tmp_path: Path
) -> None:
    ports = Ports()
    settings = gateway_settings(
        tmp_path,
        ports,
        sink,
        CONTINUUM_SECOND_SERVICE="billing",
        CONTINUUM_SECOND_OTLP_URL=f"{sink.url}/api/8/integration/otlp",
        CONTINUUM_SECOND_PUBLIC_KEY="def456",
    )
    gateway = start((*GATEWAY, "collector-projects.yaml"), settings, ports)
    for name in ("continuum", "billing", "third"):
        gateway.post("traces", otlp.spans("GET /items/{item_id}", resource={"service.name": name}))
    gateway.post("traces", otlp.spans("GET /items/{item_id}", resource={"host.name": "nameless"}))
    sink.wait_for(lambda sink: len(sink.spans()) == 4, 15)
    got = {
        (request.route.split("/")[2], request.headers["X-Sentry-Auth"].split(",")[0])
        for request in sink.requests
    }
    assert got == {("7", "Sentry sentry_key=abc123"), ("8", "Sentry sentry_key=def456")}
    by_project = Counter(
        (route, span.resource.get("service.name"))
        for route, span in (
            (request.route.split("/")[2], span) for request in sink.requests for span in _spans_of(request)
        )
    )
    assert by_project == {("7", "continuum"): 1, ("7", "third"): 1, ("7", None): 1, ("8", "billing"): 1}


def _spans_of(request: object) -> tuple[object, ...]:
    from telemetry.testing.signals import otlp_spans

    return tuple(otlp_spans(request.body))
