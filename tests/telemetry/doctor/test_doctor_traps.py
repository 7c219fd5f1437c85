from __future__ import annotations

import pytest

from telemetry.doctor import traps


@pytest.mark.parametrize(
    ("variable", "value", "finding"),
    [
        ("OTEL_PYTHON_DISTRO", "distro", "launcher.OTEL_PYTHON_DISTRO"),
        ("OTEL_PYTHON_CONFIGURATOR", "configurator", "launcher.OTEL_PYTHON_CONFIGURATOR"),
        ("OTEL_PYTHON_TRACER_PROVIDER", "sdk_tracer_provider", "provider.OTEL_PYTHON_TRACER_PROVIDER"),
        ("OTEL_PROPAGATORS", "tracecontext,sentry", "propagators.sentry"),
        ("OTEL_SEMCONV_STABILITY_OPT_IN", "database", "conventions"),
        ("OTEL_SEMCONV_STABILITY_OPT_IN", "http", "conventions"),
        ("SENTRY_PRINT_ENVELOPES", "True", "envelopes.printed"),
    ],
)
def test_a_trap_is_a_problem_with_a_way_out(subject, by_id, variable, value, finding):
    found = by_id(traps.examine(subject(**{variable: value})))
    assert found[finding].state == "problem"
    assert found[finding].do


def test_what_is_set_as_it_should_be_is_no_trap(subject):
    found = traps.examine(
        subject(
            OTEL_PYTHON_DISTRO="continuum",
            OTEL_PYTHON_CONFIGURATOR="continuum",
            OTEL_PROPAGATORS="tracecontext,baggage,continuum_sentry",
            OTEL_SEMCONV_STABILITY_OPT_IN="http/dup, database",
            SENTRY_PRINT_ENVELOPES="no",
        )
    )
    assert [(finding.id, finding.state) for finding in found] == [("traps", "ok")]


def test_another_installed_distribution_is_noted_where_nobody_chose(subject, by_id):
    found = by_id(traps.examine(subject()))
    assert found["launcher.others"].state == "note"
    assert "distro" in found["launcher.others"].said


def test_what_has_no_effect_is_noted(subject, by_id):
    found = by_id(traps.examine(subject(SENTRY_SPOTLIGHT="1", FASTAPI_OTEL_AUTO_CONFIGURE="true")))
    assert found["ignored.SENTRY_SPOTLIGHT"].state == "note"
    assert found["ignored.FASTAPI_OTEL_AUTO_CONFIGURE"].state == "note"
