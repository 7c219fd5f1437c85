"""What an application says itself goes first, and what was overridden is told."""

from __future__ import annotations

import pytest

from telemetry.configuration.settings import Settings

DSN = "https://0123456789abcdef0123456789abcdef@o1.example.org/42"
OTHER = "https://fedcba9876543210fedcba9876543210@o2.example.org/43"


@pytest.mark.parametrize(
    ("arguments", "variable", "value", "setting", "expected"),
    [
        ({"dsn": OTHER}, "SENTRY_DSN", DSN, "dsn", "o2.example.org"),
        ({"environment": "prod"}, "CONTINUUM_ENV", "staging", "environment", "production"),
        ({"release": "shop@2"}, "CONTINUUM_RELEASE", "shop@1", "release", "shop@2"),
        ({"traces_sample_rate": 0.25}, "SENTRY_TRACES_SAMPLE_RATE", "0.5", "traces_rate", "0.25"),
        ({"sample_rate": 0}, "SENTRY_SAMPLE_RATE", "0.5", "error_rate", "0"),
    ],
)
def test_an_argument_goes_before_the_variables(arguments, variable, value, setting, expected):
    settings = Settings.read({variable: value}, arguments)
    (name,) = arguments
    assert settings.sources[setting] == f"argument {name}"
    assert settings.overridden[setting] == (variable,)
    (shown,) = [shown for shown in settings.shown() if shown.name == setting]
    assert expected in shown.value
    assert (shown.source, shown.overrides) == (f"argument {name}", (variable,))
    assert settings.notes == (f"{variable} does not count for {setting}: argument {name} goes first",)
    assert settings.problems == ()


def test_without_arguments_the_two_readers_are_one():
    environ = {"SENTRY_DSN": DSN, "CONTINUUM_ENV": "staging"}
    assert Settings.read(environ) == Settings.from_environ(environ) == Settings.read(environ, {"dsn": None})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dsn", "hunter2"),
        ("dsn", b"hunter2"),
        ("environment", "hunter2 and more"),
        ("release", "ghp_" + "hunter2A" * 5),
        ("release", "shop@hunter2/feature"),
        ("traces_sample_rate", "hunter2"),
        ("traces_sample_rate", 17.25),
        ("traces_sample_rate", True),
        ("sample_rate", ["hunter2"]),
        pytest.param("sample_rate", 10**5000, id="an endless number"),
        ("hunter2", 1),
    ],
)
def test_an_argument_that_makes_no_sense_is_named_and_the_variables_count(name, value):
    settings = Settings.read({"SENTRY_TRACES_SAMPLE_RATE": "0.5", "SENTRY_DSN": DSN}, {name: value})
    (problem,) = settings.problems
    assert problem.variable == f"argument {name}"
    assert problem.accepted
    assert name == "hunter2" or "hunter2" not in str(problem)
    assert "17.25" not in str(problem)
    assert settings.traces_rate == 0.5
    assert settings.wanted


def test_an_empty_dsn_as_an_argument_is_no_dsn_whatever_the_variable_says():
    settings = Settings.read({"SENTRY_DSN": DSN}, {"dsn": " "})
    assert not settings.wanted
    assert (settings.sources["dsn"], settings.overridden["dsn"]) == ("argument dsn", ("SENTRY_DSN",))
    assert Settings.read({"CONTINUUM_ENV": "prod"}, {"environment": ""}).environment == "production"


def test_a_variable_cannot_stand_for_an_argument():
    assert not Settings.read({"argument dsn": DSN}).wanted


def test_who_runs_the_service_names_it_and_not_the_application():
    own = {"service": "continuum", "version": "0.3.0"}
    settings = Settings.read({"OTEL_SERVICE_NAME": "memory-eu"}, own)
    assert (settings.service_name, settings.application) == ("memory-eu", "continuum")
    assert settings.application_version == "0.3.0"


@pytest.mark.parametrize(
    ("environ", "setting", "source", "passed"),
    [
        (
            {
                "CONTINUUM_ENV": "a",
                "SENTRY_ENVIRONMENT": "b",
                "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=c",
            },
            "environment",
            "CONTINUUM_ENV",
            ("SENTRY_ENVIRONMENT", "deployment.environment.name of OTEL_RESOURCE_ATTRIBUTES"),
        ),
        (
            {"SENTRY_RELEASE": "a@1", "OTEL_RESOURCE_ATTRIBUTES": "service.version=2"},
            "release",
            "SENTRY_RELEASE",
            ("service.version of OTEL_RESOURCE_ATTRIBUTES",),
        ),
        (
            {"OTEL_SERVICE_NAME": "a", "OTEL_RESOURCE_ATTRIBUTES": "service.name=b"},
            "service_name",
            "OTEL_SERVICE_NAME",
            ("service.name of OTEL_RESOURCE_ATTRIBUTES",),
        ),
        (
            {"SENTRY_TRACES_SAMPLE_RATE": "0.2", "OTEL_TRACES_SAMPLER": "always_on"},
            "sampler",
            "SENTRY_TRACES_SAMPLE_RATE",
            ("OTEL_TRACES_SAMPLER",),
        ),
        (
            {
                "SENTRY_TRACES_SAMPLE_RATE": "0.2",
                "OTEL_TRACES_SAMPLER": "traceidratio",
                "OTEL_TRACES_SAMPLER_ARG": "0.3",
            },
            "traces_rate",
            "SENTRY_TRACES_SAMPLE_RATE",
            ("OTEL_TRACES_SAMPLER_ARG",),
        ),
        (
            {"OTEL_TRACES_SAMPLER_ARG": "0.3"},
            "traces_rate",
            "default of development",
            ("OTEL_TRACES_SAMPLER_ARG",),
        ),
        (
            {
                "CONTINUUM_TELEMETRY_HASH_KEY": "k" * 40,
                "CONTINUUM_TELEMETRY_HASH_KEY_FILE": "/nowhere",
            },
            "hash_key",
            "CONTINUUM_TELEMETRY_HASH_KEY",
            ("CONTINUUM_TELEMETRY_HASH_KEY_FILE",),
        ),
    ],
)
def test_a_conflict_is_resolved_by_the_order_and_noted(environ, setting, source, passed):
    settings = Settings.from_environ(environ)
    assert (settings.sources[setting], settings.overridden[setting]) == (source, passed)
    assert all(any(note.startswith(variable) for note in settings.notes) for variable in passed)
    assert settings.problems == ()


def test_what_says_the_same_is_no_conflict():
    settings = Settings.from_environ(
        {"CONTINUUM_ENV": "prod", "SENTRY_ENVIRONMENT": "production", "OTEL_EXPORTER_OTLP_TIMEOUT": "3"}
    )
    assert settings.notes == ()


def test_that_a_signals_own_variable_goes_first_is_shown_and_not_noted():
    settings = Settings.from_environ(
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://general",
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://own/path?token=hunter2",
        }
    )
    assert settings.notes == ()
    (shown,) = [shown for shown in settings.shown() if shown.name == "otlp_logs_url"]
    assert shown.overrides == ("OTEL_EXPORTER_OTLP_ENDPOINT",)
    assert shown.value == "http://own/path?•••"


def test_no_secret_is_shown():
    key = "k" * 40
    settings = Settings.from_environ(
        {
            "SENTRY_DSN": DSN,
            "CONTINUUM_TELEMETRY_HASH_KEY": key,
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c",
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=hunter2",
            "OTEL_RESOURCE_ATTRIBUTES": "team=hunter2",
            "CONTINUUM_TELEMETRY_SAFE_KEYS": "a,ghp_" + "a1B2" * 9,
        }
    )
    shown = {setting.name: setting.value for setting in settings.shown()}
    assert shown["dsn"] == "https://…@o1.example.org/42"
    assert shown["hash_key"] == shown["otlp_traces_headers"] == "•••"
    assert shown["resource_attributes"] == "team=•••"
    assert shown["safe_keys"].startswith("a, [redacted")
    text = repr(settings.shown())
    assert not [secret for secret in (key, "hunter2", "0123456789abcdef", "a1B2a1B2") if secret in text]


def test_each_setting_is_shown_as_it_could_be_written():
    shown = {setting.name: setting for setting in Settings.from_environ({}).shown()}
    assert (shown["disabled"].value, shown["disabled"].source) == ("false", "default")
    assert shown["propagators"].value == "tracecontext, baggage, continuum_sentry"
    assert (shown["traces_rate"].value, shown["traces_rate"].source) == ("0", "default of development")
    assert (shown["dsn"].value, shown["spool_bytes"].value) == ("", "67108864")
    assert "otlp_traces_url" not in shown
