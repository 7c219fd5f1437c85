"""A setting that makes no sense is named in one line, its value is not, and the application runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from programs import Server

    from telemetry.testing.sink import Sink

BAD = {
    "SENTRY_DSN": ("http://topsecretqx@nowhere.invalid/seven", "https://PUBLIC_KEY@HOST/PROJECT_ID"),
    "SENTRY_TRACES_SAMPLE_RATE": ("abcqx", "a number from 0 to 1"),
    "SENTRY_SAMPLE_RATE": ("17.345678", "a number from 0 to 1"),
    "SENTRY_TRACES_TRANSPORT": ("pigeonqx", "otlp or envelope"),
    "OTEL_PROPAGATORS": ("nonsenseqx", "propagator"),
    "CONTINUUM_TELEMETRY_HASH_KEY": ("shortqx", "at least 32 characters"),
    "OTEL_EXPORTER_OTLP_ENDPOINT": ("ftp://filesqx", "http or https URL"),
    "OTEL_EXPORTER_OTLP_HEADERS": ("novaluesqx", "key=value"),
    "OTEL_TRACES_SAMPLER": ("sometimesqx", "parentbased_traceidratio"),
    "OTEL_SDK_DISABLED": ("perhapsqx", "true or false"),
    "CONTINUUM_TELEMETRY_SHUTDOWN_TIMEOUT": ("soonqx", "seconds from 0 to 300"),
    "OTEL_CONFIG_FILE": ("fileqx.yaml", "no file at all"),
    "OTEL_SERVICE_NAME": ("nameqx@example.org", "nothing like a secret or an address"),
    "CONTINUUM_RELEASE": ("two wordsqx", "NAME@VERSION or VERSION"),
    "CONTINUUM_ENV": ("pathqx/pathqx", "a name of your own"),
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": ("manyqx", "a whole number from 0 to 1000000"),
    "OTEL_SPAN_EVENT_COUNT_LIMIT": ("manyqx", "a whole number from 0 to 1000000"),
    "OTEL_PYTHON_EXCLUDED_URLS": ("(qx", "regular expressions"),
}


def check(server: Server, variables: list[str]) -> None:
    assert server.call("/healthz").status == 200
    assert server.call("/items/1").status == 200
    server.end()
    for variable in variables:
        value, accepted = BAD[variable]
        lines = [line for line in server.log.splitlines() if variable in line]
        assert len(lines) == 1, variable
        assert accepted in lines[0]
        assert value not in server.log
    assert "Traceback" not in server.log


@pytest.mark.parametrize(
    "variable",
    [
        "SENTRY_DSN",
        "OTEL_SDK_DISABLED",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_SPAN_EVENT_COUNT_LIMIT",
        "OTEL_PYTHON_EXCLUDED_URLS",
        pytest.param(
            "OTEL_PROPAGATORS",
            marks=pytest.mark.xfail(
                strict=True,
                reason="opentelemetry.propagate raises at import: the launcher ends before any entry point",
            ),
        ),
    ],
)
def test_a_setting_that_makes_no_sense_is_named_and_the_application_runs(
    start: Callable[..., Server], sink: Sink, variable: str
) -> None:
    settings = {"SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "1", variable: BAD[variable][0]}
    check(start(settings=settings), [variable])


def test_a_propagator_that_is_not_installed_stops_no_application_that_sets_up_telemetry_first(
    start: Callable[..., Server], sink: Sink
) -> None:
    settings = {"SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "1"}
    server = start(
        "own:app", settings=settings | {"OTEL_PROPAGATORS": BAD["OTEL_PROPAGATORS"][0]}, launcher=False
    )
    check(server, ["OTEL_PROPAGATORS"])
    assert len(sink.servers()) == 2


def test_many_settings_that_make_no_sense_are_each_named(start: Callable[..., Server], sink: Sink) -> None:
    variables = [name for name in BAD if name not in ("SENTRY_DSN", "OTEL_PROPAGATORS", "OTEL_SDK_DISABLED")]
    server = start(settings={"SENTRY_DSN": sink.dsn()} | {name: BAD[name][0] for name in variables})
    check(server, variables)


@pytest.mark.parametrize(
    "settings",
    [
        {"OTEL_SDK_DISABLED": "true", "SENTRY_DSN": "DSN", "SENTRY_TRACES_SAMPLE_RATE": "1"},
        {"SENTRY_TRACES_SAMPLE_RATE": "1"},
    ],
    ids=["disabled", "no DSN"],
)
def test_switched_off_means_that_nothing_is_loaded_started_or_sent(
    start: Callable[..., Server], sink: Sink, settings: dict[str, str]
) -> None:
    if "SENTRY_DSN" in settings:
        settings = settings | {"SENTRY_DSN": sink.dsn()}
    server, without = start(settings=settings), start(launcher=False)
    assert server.call("/broken/1").status == 500
    running = server.call("/process").json()
    # FastAPI looks for OpenTelemetry by itself.
    assert running["sdks"] == without.call("/process").json()["sdks"]
    assert "sentry_sdk" not in running["sdks"]
    assert not [name for name in running["threads"] if "telemetry" in name or "sentry" in name.lower()]
    server.end()
    assert not sink.requests


def test_a_good_start_says_nothing(start: Callable[..., Server], sink: Sink) -> None:
    server = start(settings={"SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "1"})
    server.call("/items/1")
    server.end()
    lines = [line for line in server.log.splitlines() if line and not line.startswith("INFO:")]
    assert lines == []


WHO = {
    "CONTINUUM_ENV": "prod",
    "CONTINUUM_RELEASE": "v4.2",
    "CONTINUUM_SERVER_NAME": "unit-7",
    "OTEL_SERVICE_NAME": "shop",
    "OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=pod-3,service.version=9,team=core",
}


def test_who_sends_is_the_same_in_errors_spans_logs_and_metrics(
    start: Callable[..., Server], sink: Sink
) -> None:
    server = start(
        "signals:app",
        settings=WHO
        | {
            "SENTRY_DSN": sink.dsn(),
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
            "OTEL_LOGS_EXPORTER": "otlp",
            "SENTRY_TRACES_SAMPLE_RATE": "1",
        },
    )
    order = {"method": "POST", "headers": {"content-type": "application/json"}, "body": '{"note": "n"}'}
    assert server.call("/orders", **order).status == 200
    server.end()
    resources = [item.resource for item in (*sink.spans(), *sink.logs(), *sink.metrics())]
    assert sink.spans()
    assert sink.logs()
    assert sink.metrics()
    told = {
        "service.name": "shop",
        "service.version": "9",
        "service.instance.id": "pod-3",
        "sentry.release": "shop@4.2",
        "deployment.environment.name": "production",
        "host.name": "unit-7",
        "team": "core",
    }
    assert [{key: resource.get(key) for key in told} for resource in resources] == [told] * len(resources)
    assert sink.errors()
    for error in sink.errors():
        assert (error["release"], error["environment"], error["server_name"]) == (
            "shop@4.2",
            "production",
            "unit-7",
        )
        assert error["tags"]["service.instance.id"] == "pod-3"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_PYTHON_FASTAPI_EXCLUDED_URLS", "healthz,broken-async"),
        ("OTEL_PYTHON_EXCLUDED_URLS", "healthz,broken-async"),
        ("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "fastapi"),
    ],
)
def test_a_request_without_a_span_still_tells_its_error(
    start: Callable[..., Server], sink: Sink, variable: str, value: str
) -> None:
    server = start(settings={"SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "1", variable: value})
    assert server.call("/healthz").status == 200
    assert server.call("/broken-async/1").status == 500
    assert server.call("/items/1").status == 200
    server.end()
    (error,) = sink.errors()
    assert error["exception"]["values"][-1]["type"] == "LookupError"
    assert error["transaction"] == "GET /broken-async/{item_id}"
    expected = [] if variable == "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS" else ["GET /items/{item_id}"]
    assert [span.name for span in sink.servers()] == expected


def test_a_configuration_file_loads_no_exporter_past_the_gate(
    start: Callable[..., Server], sink: Sink, tmp_path: Path
) -> None:
    (tmp_path / "otel.yaml").write_text(
        "file_format: '1.0'\n"
        "tracer_provider:\n"
        "  processors:\n"
        "    - simple: {exporter: {otlp_http: {endpoint: '" + sink.url + "/past/v1/traces'}}}\n"
    )
    server = start(
        settings={
            "SENTRY_DSN": sink.dsn(),
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "OTEL_CONFIG_FILE": str(tmp_path / "otel.yaml"),
        }
    )
    server.call("/items/1")
    server.end()
    assert "OTEL_CONFIG_FILE is not valid" in server.log
    assert len(sink.servers()) == 1
    assert not [request.path for request in sink.requests if request.path.startswith("/past")]


def test_a_span_holds_as_much_as_the_standard_limits_say(start: Callable[..., Server], sink: Sink) -> None:
    server = start(
        settings={
            "SENTRY_DSN": sink.dsn(),
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "3",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "5",
        }
    )
    server.call("/items/1")
    server.end()
    (span,) = sink.servers()
    assert 0 < len(span.attributes) <= 3
    assert {len(value) for value in span.attributes.values() if isinstance(value, str)} <= set(range(6))
