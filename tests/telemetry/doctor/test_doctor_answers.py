from __future__ import annotations

import pytest

from telemetry.doctor import answers, instrumentations
from telemetry.doctor.answers import Sent

SENT = Sent("sent.error", "the test error", "error")


def _answer(trouble=None, ends=None, accepted=1):
    courier = {"to": "sentry.example.org", "trouble": trouble}
    return answers.examine(SENT, courier, ends or {}, accepted, 10.0)


@pytest.mark.parametrize(
    ("trouble", "ends", "said", "do"),
    [
        (
            "our credentials are refused by sentry.example.org: HTTP 403",
            {"rejected": 1},
            "sentry.example.org refused the test error: HTTP 403.",
            "SENTRY_DSN",
        ),
        (
            "refused by sentry.example.org: HTTP 404",
            {"rejected": 1},
            "sentry.example.org refused the test error: HTTP 404.",
            "the project is wrong",
        ),
        (
            "not taken by sentry.example.org (HTTP 429); it is kept and tried again",
            {},
            "sentry.example.org did not take the test error: HTTP 429.",
            "quota",
        ),
        (
            "not taken by sentry.example.org (NameResolutionError); it is kept and tried again",
            {},
            "sentry.example.org could not be reached for the test error: NameResolutionError.",
            "DNS",
        ),
        (
            "not taken by sentry.example.org (gRPC UNAVAILABLE: connection refused); it is kept",
            {},
            "sentry.example.org did not take the test error: gRPC UNAVAILABLE: connection refused.",
            "Nobody listens",
        ),
        (None, {}, "sentry.example.org gave no answer to the test error within 10 s.", "--timeout"),
        (None, {"withheld": 1}, "The gate withheld the test error: it could not be scrubbed.", "Report it"),
        (None, {"queue_full": 1}, "The test error was lost: queue_full.", "backend"),
    ],
)
def test_what_a_backend_did_not_take_is_a_problem_in_words(trouble, ends, said, do):
    found = _answer(trouble, ends)
    assert (found.state, found.said) == ("problem", said)
    assert do in found.do


def test_what_it_took_is_well():
    assert _answer(ends={"delivered": 1}).state == "ok"


def test_what_never_came_to_a_gate_is_a_problem():
    assert "Nothing was made of the test error" in _answer(accepted=0).said


@pytest.mark.parametrize(
    ("state", "judged"),
    [
        ("on", "ok"),
        ("switched off by OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "note"),
        ("redis is not installed", "note"),
        ('DependencyConflict: requested: "redis >= 2.6" but found: "None"', "note"),
        ('DependencyConflict: requested: "redis >= 2.6" but found: "redis 1.0"', "problem"),
        ("opentelemetry.instrumentation.redis is not installed", "problem"),
        ("failed: TypeError", "problem"),
    ],
)
def test_an_instrumentation_is_judged_by_why_it_is_not_live(state, judged):
    assert instrumentations._of("instrumentation.redis", "redis", state).state == judged
