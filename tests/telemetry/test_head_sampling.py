"""A request that isn't recorded costs nothing but its ids, and they stand wherever they stood before."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from opentelemetry import propagate, trace
from opentelemetry.instrumentation import fastapi as instrumentation
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import format_trace_id
from opentelemetry.util.http import parse_excluded_urls

from telemetry.head_sampling import HeadSampling

pytest_plugins = ["telemetry.testing"]

TRACE = "0af7651916cd43dd8448eb211c80319c"
RECORDED, UNRECORDED = f"00-{TRACE}-b7ad6b7169203331-01", f"00-{TRACE}-b7ad6b7169203331-00"


@pytest.fixture
def application():
    """An application that tells what it sees of its trace."""
    app = FastAPI()
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
    engines = [engine]

    @app.get("/seen/{number}")
    def seen(number: int):
        with engines[-1].connect() as connection:
            one = connection.execute(sa.text("SELECT :number"), {"number": number}).scalar_one()
        outgoing: dict[str, str] = {}
        propagate.inject(outgoing)
        span = trace.get_current_span()
        ids = span.get_span_context()
        return {
            "one": one,
            "trace": format_trace_id(ids.trace_id),
            "valid": ids.is_valid,
            "recorded": span.is_recording(),
            "outgoing": outgoing.get("traceparent"),
        }

    @app.get("/engine")
    def engine_in_request():
        engines.append(
            sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
        )

    @app.get("/broken")
    def broken():
        raise LookupError("broken")

    return TestClient(app, raise_server_exceptions=False)


def names(wire):
    assert wire.flush()
    return sorted(span.name for span in wire.spans())


def stack_of(application):
    layer, kinds = application.app.middleware_stack, []
    while layer is not None:
        kinds.append(type(layer))
        layer = getattr(layer, "app", None)
    return kinds


def test_a_request_that_is_not_recorded_has_ids_and_no_spans(wire, application):
    wire.setup(SENTRY_TRACES_SAMPLE_RATE="0")
    seen = application.get("/seen/7").json()
    assert seen["one"] == 7
    assert (seen["valid"], seen["recorded"]) == (True, False)
    assert seen["outgoing"].startswith(f"00-{seen['trace']}-")
    assert int(seen["outgoing"][-2:], 16) & 1 == 0
    assert names(wire) == []
    assert HeadSampling in stack_of(application)


def test_its_error_knows_the_trace_that_the_caller_knows(wire, application):
    wire.setup(SENTRY_TRACES_SAMPLE_RATE="1")
    assert application.get("/broken", headers={"traceparent": UNRECORDED}).status_code == 500
    assert wire.flush()
    (error,) = wire.errors()
    assert error["contexts"]["trace"]["trace_id"] == TRACE
    assert error["transaction"] == "GET /broken"
    assert wire.spans() == []


def test_what_the_caller_decided_holds(wire, application):
    wire.setup(SENTRY_TRACES_SAMPLE_RATE="0")
    seen = application.get("/seen/1", headers={"TraceParent": RECORDED}).json()
    assert (seen["trace"], seen["recorded"]) == (TRACE, True)
    assert "GET /seen/{number}" in names(wire)
    (server,) = [span for span in wire.spans() if span.name.startswith("GET")]
    assert server.parent_id == RECORDED.split("-")[2]


def test_the_decision_is_made_for_the_id_that_the_trace_then_has(wire, application):
    wire.setup(SENTRY_TRACES_SAMPLE_RATE="0.5")
    answers = [application.get(f"/seen/{number}").json() for number in range(100)]
    sampler = TraceIdRatioBased(0.5)
    for seen in answers:
        decided = sampler.should_sample(None, int(seen["trace"], 16), "").decision.is_sampled()
        assert decided == seen["recorded"]
    assert {seen["recorded"] for seen in answers} == {True, False}
    assert len({seen["trace"] for seen in answers}) == len(answers)


def test_an_excluded_address_has_no_trace_at_all(wire, application, monkeypatch):
    monkeypatch.setattr(instrumentation, "_excluded_urls_from_env", parse_excluded_urls("seen/1$"))
    wire.setup(SENTRY_TRACES_SAMPLE_RATE="0")
    assert not application.get("/seen/1").json()["valid"]
    assert application.get("/seen/2").json()["valid"]


def test_an_engine_that_is_made_meanwhile_is_seen_later(wire, application):
    wire.setup(SENTRY_TRACES_SAMPLE_RATE="0")
    application.get("/engine")
    application.get("/seen/1", headers={"traceparent": RECORDED})
    assert "SELECT" in names(wire)


def test_what_is_measured_is_measured_for_every_request(wire, application):
    wire.setup(
        SENTRY_TRACES_SAMPLE_RATE="0",
        OTEL_METRICS_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=f"{wire.otlp_endpoint}/v1/metrics",
    )
    application.get("/seen/1")
    assert HeadSampling not in stack_of(application)
    assert wire.flush()
    assert "http.server.request.duration" in {metric.name for metric in wire.sink.metrics()}


def test_a_sampler_that_fails_leaves_it_to_the_instrumentation(wire, application, monkeypatch):
    wire.setup(SENTRY_TRACES_SAMPLE_RATE="0")
    application.get("/seen/1")

    def fail(*_):
        raise RuntimeError("no decision")

    monkeypatch.setattr(HeadSampling, "_unrecorded", fail)
    assert application.get("/seen/2").json()["one"] == 2
