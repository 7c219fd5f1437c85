"""The trail of an error: what was over by then, what was not, and that it never costs the error."""

from __future__ import annotations

import time

import pytest

import telemetry
from telemetry.gate.trail import Trail

pytest_plugins = ["telemetry.testing"]


@pytest.fixture
def pipeline(wire):
    wire.setup()
    return telemetry._pipeline


def crumbs(pipeline, trail, event=None):
    event = {} if event is None else event
    trail.lead_to(event, None, pipeline.scrubbing)
    return event.get("breadcrumbs", {}).get("values", [])


def spans(pipeline, *names):
    tracer = pipeline.provider.get_tracer("telemetry.operations")
    return [tracer.start_span(name) for name in names]


def test_what_ends_after_the_error_has_only_started(pipeline):
    over, later = spans(pipeline, "connect", "chat")
    over.end()
    trail = Trail([over, later])
    time.sleep(0.001)
    later.end()
    assert [crumb["message"] for crumb in crumbs(pipeline, trail)] == [
        "connect started",
        "chat started",
        "connect ended",
    ]


def test_breadcrumbs_of_both_kinds_stand_in_the_order_of_their_times(pipeline):
    (span,) = spans(pipeline, "connect")
    span.end()
    event = {
        "breadcrumbs": {
            "values": [
                {"message": "without a time"},
                {"message": "long ago", "timestamp": "2020-01-01T00:00:00Z"},
                {"message": "in the future", "timestamp": time.time() + 60},
            ]
        }
    }
    assert [crumb["message"] for crumb in crumbs(pipeline, Trail([span]), event)] == [
        "without a time",
        "long ago",
        "connect started",
        "connect ended",
        "in the future",
    ]


def test_a_trail_has_an_end(pipeline):
    many = spans(pipeline, *["connect"] * 300)
    assert len(crumbs(pipeline, Trail(many))) == 100


def test_a_trail_that_cannot_be_told_is_counted_and_the_error_stays_as_it_is(pipeline):
    class Broken:
        @property
        def start_time(self):
            raise RuntimeError

    event = {"breadcrumbs": {"values": [{"message": "kept"}]}}
    assert crumbs(pipeline, Trail([Broken()]), event) == [{"message": "kept"}]
    assert pipeline.ledger.snapshot()["faults"] == {"breadcrumb trail: RuntimeError": 1}


def test_a_name_that_somebody_said_is_not_told(pipeline, wire, canary):
    name = canary.sentence("span name")
    (span,) = spans(pipeline, name)
    (crumb,) = crumbs(pipeline, Trail([span]))
    assert crumb["message"] == "[redacted:unknown] started"
