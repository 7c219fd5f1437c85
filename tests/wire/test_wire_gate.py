"""There is no way round the gate: not by an application's own exporters, nor by a variable of an SDK."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from programs import APPS

from telemetry.testing import leaks
from telemetry.testing.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from programs import Server

sys.path.insert(0, str(APPS))
from planted import CODE

PLANTED = (
    "local variable",
    "span name",
    "attribute",
    "span event name",
    "span event attribute",
    "nested attribute",
    "tag",
    "captured message",
    "exception text",
)


@pytest.fixture
def other() -> Iterator[Sink]:
    """Where the application, or an SDK, would send by itself."""
    with Sink() as sink:
        yield sink


def run(start: Callable[..., Server], sink: Sink, other: Sink, **settings: str) -> Server:
    server = start(
        "around:app",
        settings={
            "SENTRY_DSN": sink.dsn(),
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "AROUND": "",
            "AROUND_SINK": other.url,
            **settings,
        },
        options=("--no-access-log",),
    )
    assert server.call("/plant").status == 500
    assert server.call("/items/1").status == 200
    server.end()
    return server


def leaked(*sinks: Sink) -> list[str]:
    return [
        f"{place}: {hit}"
        for place in PLANTED
        for sink in sinks
        for hit in leaks.seen(CODE[place], sink.requests)
    ]


@pytest.mark.parametrize("way", ["processor", "keeping", "private"])
def test_a_processor_of_the_application_sees_only_clean_spans(
    start: Callable[..., Server], sink: Sink, other: Sink, way: str
) -> None:
    run(start, sink, other, AROUND=way)
    assert not leaked(sink, other)
    assert sink.servers()
    if way == "processor":
        seen = b"".join(request.body for request in other.requests)
        assert b'"GET /plant"' in seen
        assert b"SELECT owner FROM items WHERE id = ?" in seen


def test_a_second_provider_of_the_application_gets_no_span(
    start: Callable[..., Server], sink: Sink, other: Sink
) -> None:
    run(start, sink, other, AROUND="second provider")
    assert not other.requests
    assert sink.servers()


@pytest.mark.parametrize("way", ["sentry init", "sentry client", "sentry option"])
def test_an_application_that_sets_sentry_up_by_itself_sends_only_what_is_clean(
    start: Callable[..., Server], sink: Sink, other: Sink, way: str
) -> None:
    """The likeliest application of all is one that has ``sentry_sdk.init(...)`` in it already."""
    run(start, sink, other, AROUND=way)
    assert not leaked(sink)
    assert [event for event in sink.errors() if event.get("exception")]


def test_fastapi_s_own_exporters_bring_nothing_out(
    start: Callable[..., Server], sink: Sink, other: Sink
) -> None:
    run(start, sink, other, FASTAPI_OTEL_AUTO_CONFIGURE="true", OTEL_EXPORTER_OTLP_ENDPOINT=other.url)
    assert not leaked(sink, other)
    # The endpoint is ours too: what arrives there are our own traces and metrics, the traces once each.
    assert {request.path for request in other.requests} == {"/v1/traces", "/v1/metrics"}
    assert not [request for request in other.requests if "OTel" in request.headers.get("User-Agent", "")]
    assert len(other.servers()) == 2


def test_sentry_s_otlp_integration_exports_only_clean_spans(
    start: Callable[..., Server], sink: Sink, other: Sink
) -> None:
    run(start, sink, other, AROUND="sentry otlp integration")
    assert not leaked(sink, other)
    assert other.servers()
    assert sink.servers()


def test_a_configuration_file_brings_nothing_out(
    start: Callable[..., Server], sink: Sink, other: Sink, tmp_path: Path
) -> None:
    file = tmp_path / "otel.yaml"
    file.write_text(
        f"""
file_format: "1.0"
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: {other.url}/v1/traces
"""
    )
    run(start, sink, other, OTEL_CONFIG_FILE=str(file))
    assert not leaked(sink, other)
    assert not other.requests
    assert sink.servers()


@pytest.mark.parametrize("configurator", ["configurator", None])
def test_another_distribution_brings_nothing_out(
    start: Callable[..., Server], sink: Sink, other: Sink, configurator: str | None
) -> None:
    more = {} if configurator is None else {"OTEL_PYTHON_CONFIGURATOR": configurator}
    run(
        start,
        sink,
        other,
        OTEL_PYTHON_DISTRO="distro",
        OTEL_EXPORTER_OTLP_ENDPOINT=other.url,
        OTEL_TRACES_EXPORTER="console",
        **more,
    )
    assert not leaked(sink, other)


def test_the_console_is_no_way_out(start: Callable[..., Server], sink: Sink, other: Sink) -> None:
    server = run(
        start,
        sink,
        other,
        SENTRY_PRINT_ENVELOPES="1",
        SENTRY_DEBUG="1",
        OTEL_TRACES_EXPORTER="console",
        OTEL_LOG_LEVEL="debug",
    )
    # The server itself logs the traceback with the exception's text; nobody else prints anything.
    for place in ("attribute", "span name", "span event attribute", "tag", "captured message"):
        assert CODE[place] not in server.log
    assert '"event_id"' not in server.log
    assert sink.errors()


def test_spotlight_gets_nothing(start: Callable[..., Server], sink: Sink, other: Sink) -> None:
    run(start, sink, other, SENTRY_SPOTLIGHT=f"{other.url}/stream")
    assert not other.requests
    assert sink.errors()


def test_a_proxy_of_the_environment_sees_no_more_than_the_backend(
    start: Callable[..., Server], sink: Sink, other: Sink
) -> None:
    run(start, sink, other, HTTP_PROXY=other.url, HTTPS_PROXY=other.url, SENTRY_HTTP_PROXY=other.url)
    assert not leaked(sink, other)
