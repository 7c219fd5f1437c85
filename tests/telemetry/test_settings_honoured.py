"""Variables that are OpenTelemetry's, or that others read too: taken, bounded, or refused aloud."""

from __future__ import annotations

import pytest

from telemetry.configuration.limits import Limits
from telemetry.configuration.settings import Settings


@pytest.mark.parametrize("variable", ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"])
def test_a_configuration_file_is_refused_aloud_and_the_variables_count(variable):
    settings = Settings.from_environ({variable: "/etc/otel/hunter2.yaml", "SENTRY_DSN": "https://k@s.test/1"})
    (problem,) = settings.problems
    assert str(problem) == (
        f"{variable} is not valid: expected no file at all, because one can load exporters that go round the "
        "gate; it is not read, and the other variables count"
    )
    assert settings.wanted


@pytest.mark.parametrize("variable", ["OTEL_PYTHON_FASTAPI_EXCLUDED_URLS", "OTEL_PYTHON_EXCLUDED_URLS"])
def test_excluded_urls_are_regular_expressions(variable):
    assert Settings.from_environ({variable: "healthz, client/.*/info"}).excluded_urls == (
        "healthz",
        "client/.*/info",
    )
    for wrong in ("hunter2(", "hunter2{99999999999}"):
        (problem,) = Settings.from_environ({variable: wrong}).problems
        assert problem.variable == variable
        assert "hunter2" not in str(problem)


def test_limits_of_a_span_go_before_those_of_all_attributes():
    settings = Settings.from_environ(
        {
            "OTEL_ATTRIBUTE_COUNT_LIMIT": "10",
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "20",
            "OTEL_SPAN_EVENT_COUNT_LIMIT": "3",
            "OTEL_SPAN_LINK_COUNT_LIMIT": "0",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "100",
        }
    )
    assert settings.limits == Limits(
        attributes=20, events=3, links=0, event_attributes=10, link_attributes=10, length=100
    )
    assert settings.notes == ()


@pytest.mark.parametrize("value", ["-1", "many", "1e3", "1000001"])
def test_a_limit_that_is_no_number_is_named(value):
    settings = Settings.from_environ({"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": value})
    assert [problem.variable for problem in settings.problems] == ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"]
    assert settings.limits == Limits()


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("dev", "development"),
        ("PROD", "production"),
        ("Stage", "staging"),
        ("live-eu.1", "live-eu.1"),
        ("two words", "development"),
        ("feature/x", "development"),
        ("x" * 65, "development"),
    ],
)
def test_an_environment_is_a_name_that_every_backend_takes(name, environment):
    for variable in ("CONTINUUM_ENV", "SENTRY_ENVIRONMENT"):
        assert Settings.from_environ({variable: name}).environment == environment
    for key in ("deployment.environment.name", "deployment.environment"):
        assert Settings.from_environ({"OTEL_RESOURCE_ATTRIBUTES": f"{key}={name}"}).environment == environment


def test_a_wrong_name_in_the_resource_is_told_where_it_stands():
    (problem,) = Settings.from_environ(
        {"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=two words"}
    ).problems
    assert problem.variable == "deployment.environment.name of OTEL_RESOURCE_ATTRIBUTES"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_SERVICE_NAME", "ghp_" + "a1B2" * 9),
        ("OTEL_SERVICE_NAME", "somebody@example.org"),
        ("CONTINUUM_SERVER_NAME", "line\nline"),
        ("CONTINUUM_SERVER_NAME", "x" * 121),
        ("CONTINUUM_RELEASE", "somebody@example.org"),
        ("CONTINUUM_RELEASE", "shop@1.0 beta"),
        ("SENTRY_RELEASE", ".."),
    ],
)
def test_a_name_that_leaves_with_everything_holds_no_secret(variable, value):
    settings = Settings.from_environ({variable: value})
    (problem,) = settings.problems
    assert problem.variable == variable
    assert value not in str(problem)
    assert (settings.service_name, settings.server_name, settings.release) == (None, None, None)


@pytest.mark.parametrize("release", ["shop@1.0.dev0", "shop@1.0.post1", "1.0b2", "shop@" + "0af1" * 10])
def test_a_version_only_looks_like_an_address(release):
    settings = Settings.from_environ({"CONTINUUM_RELEASE": release})
    assert (settings.release, settings.problems) == (release, ())


def test_variables_at_which_opentelemetry_raises_are_told_apart():
    settings = Settings.from_environ(
        {
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many",
            "OTEL_PYTHON_EXCLUDED_URLS": "(",
            "OTEL_PROPAGATORS": "pigeon",
            "SENTRY_SAMPLE_RATE": "many",
            "OTEL_SPAN_LINK_COUNT_LIMIT": "3",
        }
    )
    assert sorted(settings.breaking) == [
        "OTEL_PROPAGATORS",
        "OTEL_PYTHON_EXCLUDED_URLS",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    ]
