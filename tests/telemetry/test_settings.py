from __future__ import annotations

import pytest

from telemetry.configuration.batching import Batching
from telemetry.configuration.collector import SIGNALS
from telemetry.configuration.settings import Settings
from telemetry.sentry.dsn import INSPECTOR_KEY

DSN = "https://0123456789abcdef0123456789abcdef@o1.example.org/42"
INSPECTOR = "http://inspector@127.0.0.1:8421/1"


def read(**environ: str) -> Settings:
    return Settings.from_environ(environ)


def test_nothing_set_means_nothing_wanted():
    settings = read()
    assert not settings.wanted
    assert settings.problems == ()
    assert settings.environment == "development"


@pytest.mark.parametrize(
    ("environ", "rate"),
    [
        ({}, 0.0),
        ({"SENTRY_DSN": DSN}, 0.0),
        ({"SENTRY_DSN": INSPECTOR}, 1.0),
        ({"CONTINUUM_ENV": "stage"}, 0.5),
        ({"CONTINUUM_ENV": "prod"}, 0.1),
        ({"CONTINUUM_ENV": "prod", "SENTRY_DSN": INSPECTOR}, 0.1),
        ({"CONTINUUM_ENV": "prod", "SENTRY_TRACES_SAMPLE_RATE": "0.7"}, 0.7),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.3"}, 0.3),
        (
            {
                "OTEL_TRACES_SAMPLER": "traceidratio",
                "OTEL_TRACES_SAMPLER_ARG": "0.3",
                "SENTRY_TRACES_SAMPLE_RATE": "0.4",
            },
            0.4,
        ),
        ({"SENTRY_TRACES_SAMPLE_RATE": "abc", "CONTINUUM_ENV": "production"}, 0.1),
    ],
)
def test_the_rate_comes_from_the_variable_or_the_environments_default(environ, rate):
    assert read(**environ).traces_rate == rate


def test_a_sampler_is_chosen_by_otel_unless_sentry_gives_a_rate():
    assert read(OTEL_TRACES_SAMPLER="always_on").sampler == "always_on"
    both = read(OTEL_TRACES_SAMPLER="always_on", SENTRY_TRACES_SAMPLE_RATE="0.2")
    assert (both.sampler, both.traces_rate) == ("parentbased_traceidratio", 0.2)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SENTRY_DSN", "nonsense-value"),
        ("SENTRY_DSN", "https://nonsense-value/1"),
        ("SENTRY_TRACES_SAMPLE_RATE", "nonsense-value"),
        ("SENTRY_TRACES_SAMPLE_RATE", "1.5"),
        ("SENTRY_TRACES_SAMPLE_RATE", "nan"),
        ("SENTRY_SAMPLE_RATE", "-1"),
        ("SENTRY_TRACES_TRANSPORT", "pigeon"),
        ("OTEL_TRACES_SAMPLER", "nonsense-value"),
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://nonsense-value"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host:port"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "nonsense-value"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nonsense-value"),
        ("OTEL_RESOURCE_ATTRIBUTES", "nonsense-value"),
        ("OTEL_SDK_DISABLED", "nonsense-value"),
        ("CONTINUUM_TELEMETRY_HASH_KEY", "nonsense-value"),
        ("CONTINUUM_TELEMETRY_HASH_KEY_FILE", "/nonsense-value"),
        ("CONTINUUM_TELEMETRY_TENANT_HEADERS", "nonsense value"),
        ("CONTINUUM_TELEMETRY_SHUTDOWN_TIMEOUT", "nonsense-value"),
    ],
)
def test_a_bad_value_is_named_without_being_shown(variable, value):
    (problem,) = read(**{variable: value}).problems
    assert problem.variable == variable
    assert variable in str(problem)
    assert problem.accepted in str(problem)
    assert value not in str(problem)


def test_where_a_setting_came_from_is_known():
    settings = read(CONTINUUM_ENV="production", SENTRY_DSN=DSN)
    assert settings.sources["environment"] == "CONTINUUM_ENV"
    assert settings.sources["traces_rate"] == "default of production"
    assert settings.sources["error_rate"] == "default"


def test_secrets_do_not_show_in_the_representation():
    key = "k" * 40
    shown = repr(
        read(SENTRY_DSN=DSN, CONTINUUM_TELEMETRY_HASH_KEY=key, OTEL_EXPORTER_OTLP_HEADERS="a=hunter2")
    )
    assert key not in shown
    assert "hunter2" not in shown
    assert DSN not in shown
    assert "0123456789abcdef" not in shown


def test_the_hash_key_may_stand_in_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text("k" * 40 + "\n")
    assert read(CONTINUUM_TELEMETRY_HASH_KEY_FILE=str(file)).hash_key == "k" * 40


def test_a_collectors_endpoint_gets_the_signals_path():
    general = read(OTEL_EXPORTER_OTLP_ENDPOINT="http://c:4318/").collectors
    assert [general[signal].url for signal in SIGNALS] == [
        "http://c:4318/v1/traces",
        "http://c:4318/v1/logs",
        "http://c:4318/v1/metrics",
    ]
    queried = read(OTEL_EXPORTER_OTLP_ENDPOINT="http://c/otlp?scope=x").collectors
    assert queried["logs"].url == "http://c/otlp/v1/logs?scope=x"
    own = read(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://c/own").collectors
    assert {signal: collector.url for signal, collector in own.items()} == {"traces": "http://c/own"}


def test_a_signals_own_variable_goes_before_the_general_one():
    read_ones = read(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://c",
        OTEL_EXPORTER_OTLP_TIMEOUT="3",
        OTEL_EXPORTER_OTLP_LOGS_TIMEOUT="4",
        OTEL_EXPORTER_OTLP_COMPRESSION="none",
        OTEL_EXPORTER_OTLP_HEADERS="a=1",
        OTEL_EXPORTER_OTLP_METRICS_HEADERS="b=2",
    ).collectors
    assert [read_ones[signal].timeout for signal in SIGNALS] == [3.0, 4.0, 3.0]
    assert [dict(read_ones[signal].headers) for signal in SIGNALS] == [{"a": "1"}, {"a": "1"}, {"b": "2"}]
    assert {collector.compression for collector in read_ones.values()} == {"none"}


@pytest.mark.parametrize(
    ("endpoint", "insecure", "url"),
    [
        ("http://c:4317", "", "http://c:4317"),
        ("https://c:4317/ignored", "", "https://c:4317"),
        ("c:4317", "", "https://c:4317"),
        ("c:4317", "true", "http://c:4317"),
        ("http://c", "", "http://c:4317"),
        ("http://[::1]", "", "http://[::1]:4317"),
    ],
)
def test_an_address_for_grpc_may_come_without_a_scheme(endpoint, insecure, url):
    settings = read(
        OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
        OTEL_EXPORTER_OTLP_INSECURE=insecure,
    )
    assert settings.problems == ()
    assert {collector.url for collector in settings.collectors.values()} == {url}


def test_queues_are_those_of_the_standard_variables():
    batching = read(
        OTEL_BSP_MAX_QUEUE_SIZE="100",
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE="500",
        OTEL_BSP_SCHEDULE_DELAY="250",
        OTEL_BSP_EXPORT_TIMEOUT="2000",
        OTEL_BLRP_SCHEDULE_DELAY="5000",
    ).batching
    assert batching["traces"] == Batching(most=100, batch=100, delay=0.25, timeout=2.0)
    assert batching["logs"] == Batching(delay=5.0)


@pytest.mark.parametrize(
    ("environ", "logs", "metrics"),
    [
        ({}, False, False),
        ({"SENTRY_DSN": "https://k@s.test/1"}, False, False),
        ({"SENTRY_DSN": "https://k@s.test/1", "OTEL_LOGS_EXPORTER": "otlp"}, True, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, True, True),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c",
                "OTEL_LOGS_EXPORTER": "none",
                "OTEL_METRICS_EXPORTER": "none",
            },
            False,
            False,
        ),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c"}, False, False),
    ],
)
def test_logs_and_metrics_go_where_somebody_takes_them(environ, logs, metrics):
    settings = read(**environ)
    assert (settings.sends_logs, settings.sends_metrics) == (logs, metrics)


def test_the_environments_aliases_are_one_name():
    assert {read(CONTINUUM_ENV=name).environment for name in ("prod", "production", "PROD")} == {"production"}
    assert read(OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=staging").environment == "staging"


@pytest.mark.parametrize(
    ("environ", "profile"),
    [
        ({}, "strict"),
        ({"CONTINUUM_ENV": "production"}, "strict"),
        ({"CONTINUUM_ENV": "prod"}, "strict"),
        ({"SENTRY_ENVIRONMENT": "live"}, "strict"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=production"}, "strict"),
        ({"CONTINUUM_ENV": "development"}, "development"),
        ({"CONTINUUM_ENV": "dev"}, "development"),
        ({"CONTINUUM_ENV": "test"}, "development"),
        ({"SENTRY_DSN": f"http://{INSPECTOR_KEY}@127.0.0.1:8421/1"}, "development"),
    ],
)
def test_the_developers_profile_is_for_development_alone(environ, profile):
    settings = read(CONTINUUM_TELEMETRY_PRIVACY="development", **environ)
    assert settings.privacy == profile
    assert [problem.variable for problem in settings.problems] == (
        ["CONTINUUM_TELEMETRY_PRIVACY"] if profile == "strict" else []
    )
