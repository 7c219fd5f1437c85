from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from opentelemetry import propagate
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import default_setter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from telemetry import propagation
from telemetry.configuration.settings import Settings
from telemetry.doctor import planting, round_trip
from telemetry.preview.gating import scrubbing_of

DSN = "http://abc123@127.0.0.1:9/7"


@pytest.fixture
def propagators():
    before = propagate.get_global_textmap()
    yield propagate.set_global_textmap
    propagate.set_global_textmap(before)


def _pipeline(profile="strict"):
    return SimpleNamespace(scrubbing=scrubbing_of(Settings.from_environ({}), profile))


@pytest.mark.parametrize("profile", ["strict", "balanced"])
def test_planted_values_are_gone_behind_the_gates(subject, profile):
    (found,) = planting.examine(
        subject(_pipeline(profile), SENTRY_DSN=DSN, CONTINUUM_TELEMETRY_PRIVACY=profile)
    )
    assert (found.id, found.state) == ("scrubbing", "ok")
    assert ("a sentence" in found.said) == (profile == "strict")


def test_a_value_that_comes_through_is_a_problem(subject):
    # The gates of `balanced` let a plain sentence through, and `strict` was promised.
    (found,) = planting.examine(subject(_pipeline("balanced"), SENTRY_DSN=DSN))
    assert found.state == "problem"
    assert "a sentence in an error event" in found.said
    assert "OTEL_SDK_DISABLED=true" in found.do


def test_gates_that_withhold_everything_are_a_problem(subject):
    broken = replace(scrubbing_of(Settings.from_environ({})), vocabulary=None)
    (found,) = planting.examine(subject(SimpleNamespace(scrubbing=broken), SENTRY_DSN=DSN))
    assert found.state == "problem"
    assert "withhold" in found.said


def test_nothing_is_planted_for_a_rule_that_is_off():
    assert "an e-mail address" not in planting.values("strict", ("email",))


def test_a_trace_makes_the_round_trip(subject, propagators):
    names = Settings().propagators
    propagators(propagation.composite(names, _pipeline().scrubbing, transactions=False))
    (found,) = round_trip.examine(subject(object(), SENTRY_DSN=DSN))
    assert found.state == "ok"
    assert "traceparent, sentry-trace" in found.said


def test_a_header_that_is_not_written_is_a_problem(subject, propagators):
    propagators(TraceContextTextMapPropagator())
    (found,) = round_trip.examine(subject(object(), SENTRY_DSN=DSN))
    assert found.state == "problem"
    assert "sentry-trace is not written" in found.said


def test_baggage_that_names_a_tenant_is_a_problem(subject, propagators):
    propagators(CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()]))
    (found,) = round_trip.examine(subject(object(), SENTRY_DSN=DSN, OTEL_PROPAGATORS="tracecontext,baggage"))
    assert "baggage names the tenant" in found.said


def test_propagators_that_lose_the_sampling_decision_are_a_problem(subject, propagators):
    class Losing(TraceContextTextMapPropagator):
        def inject(self, carrier, context=None, setter=default_setter):
            super().inject(carrier, context, setter)
            carrier["traceparent"] = carrier["traceparent"][:-2] + "01"

    propagators(Losing())
    (found,) = round_trip.examine(subject(object(), SENTRY_DSN=DSN, OTEL_PROPAGATORS="tracecontext"))
    assert "the sampling decision is lost" in found.said


def test_no_propagators_at_all_are_noted(subject):
    (found,) = round_trip.examine(subject(object(), SENTRY_DSN=DSN, OTEL_PROPAGATORS="none"))
    assert found.state == "note"
