"""Metrics leave as numbers under known words; whatever somebody said falls together or stays here."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import threading
import time
from decimal import Decimal
from http import HTTPMethod, HTTPStatus
from pathlib import Path

import pytest
from metering import Metering, decoded, points
from opentelemetry import baggage, context
from opentelemetry.metrics import Observation
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.sdk.metrics import AlwaysOnExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import (
    ConsoleMetricExporter,
    InMemoryMetricReader,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.metrics.view import (
    ExponentialBucketHistogramAggregation,
    View,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.semconv.metrics import http_metrics

from telemetry import self_metrics
from telemetry.gate.meter_provider import close_side_doors
from telemetry.gate.series import MOST_BUCKETS, MOST_SERIES
from telemetry.testing.canaries import Canaries

DURATION = http_metrics.HTTP_SERVER_REQUEST_DURATION
# Both stand in telemetry/self_metrics.py, the module that the tests' meter is named after.
COUNTED, LEVEL = "continuum.telemetry.faults", "continuum.telemetry.queue.size"
OVERFLOW = (("otel.metric.overflow", True),)


@pytest.fixture
def metering():
    made: list[Metering] = []

    def make(**settings) -> Metering:
        made.append(Metering(**settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def closed(metering):
    """Side doors closed by the gate of a metering."""
    mine = metering()
    reopen = close_side_doors(mine.gate)
    yield mine
    reopen()


def until(condition, timeout=8.0):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def values(metric):
    return {
        said: point.as_int if point.WhichOneof("value") == "as_int" else point.as_double
        for said, point in points(metric).items()
    }


def plant_everywhere(provider, canaries: Canaries) -> None:
    """Record measurements with a canary in each place where a program could put what somebody said."""
    meter = provider.get_meter(
        canaries("scope name"),
        canaries("scope version"),
        canaries("schema"),
        {"said": canaries("scope attribute")},
    )
    meter.create_counter(DURATION, canaries("unit"), canaries("description")).add(1)
    meter.create_counter(canaries("instrument's name")).add(1)
    meter.create_histogram(DURATION, "s", canaries("description")).record(
        0.2,
        {
            "http.request.method": canaries("method"),
            "http.route": "/" + canaries("route"),
            "error.type": canaries("error"),
            "http.response.status_code": 200,
            "server.address": canaries("host") + ".example.org",
            "user": canaries("value"),
            canaries("key"): 1,
            "list": (canaries("in a list"),),
            "pool.name": "postgresql://" + canaries("password") + "@db",
        },
    )
    with TracerProvider(shutdown_on_exit=False).get_tracer("x").start_as_current_span("sampled"):
        token = context.attach(baggage.set_baggage("user", canaries("baggage")))
        meter.create_up_down_counter(http_metrics.HTTP_SERVER_REQUEST_DURATION + "").add(
            1, {"note": canaries("exemplar")}
        )
        context.detach(token)
    meter.create_observable_gauge(LEVEL, [lambda _: [Observation(3, {"said": canaries("callback")})]])


def assert_nothing_left(canaries: Canaries, said: bytes | str) -> None:
    text = said.decode("latin-1") if isinstance(said, bytes) else said
    assert text
    for what, planted in canaries.planted.items():
        assert planted not in text, what
        assert planted.encode().hex() not in text, what


# --- what stays here, and what leaves ---


@pytest.mark.parametrize("profile", ["strict", "balanced", "development"])
def test_nothing_that_was_planted_leaves_in_any_profile(metering, profile):
    canaries, mine = Canaries(), metering(profile=profile)
    plant_everywhere(mine.provider, canaries)
    mine.meter.create_counter(COUNTED).add(1)
    body = mine.flush()
    assert_nothing_left(canaries, body)
    names = {metric.name for metric in decoded(body)}
    assert names == {COUNTED, DURATION, LEVEL}
    for metric in decoded(body):
        assert not any(point.exemplars for point in points(metric).values())


def test_a_metric_that_cannot_be_named_is_withheld_and_counted(metering):
    mine = metering()
    mine.meter.create_counter(Canaries()("name")).add(1, {"http.request.method": "GET"})
    mine.meter.create_counter(COUNTED).add(1)
    assert list(mine.metrics()) == [COUNTED]
    snapshot = mine.ledger.snapshot()
    assert snapshot["accepted"] == {"metric": 2}
    assert snapshot["ended"] == {"metric": {"delivered": 1, "withheld": 1}}


def test_the_words_of_the_program_s_own_instruments_stay(metering, tmp_path, monkeypatch):
    (tmp_path / "corner_shop.py").write_text(
        "def sell(provider):\n"
        "    meter = provider.get_meter(__name__, '1.2')\n"
        "    sold = meter.create_counter('shop.sold', '{apple}', \"What was sold, as it's counted.\")\n"
        "    sold.add(2, {'shop.shelf': 3, 'shop.open': True})\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import corner_shop

    mine = metering()
    corner_shop.sell(mine.provider)
    request = ExportMetricsServiceRequest.FromString(mine.flush())
    [scope_metrics] = request.resource_metrics[0].scope_metrics
    [metric] = scope_metrics.metrics
    assert (scope_metrics.scope.name, scope_metrics.scope.version) == ("corner_shop", "1.2")
    assert (metric.name, metric.unit) == ("shop.sold", "{apple}")
    assert metric.description == "What was sold, as it's counted."
    assert values(metric) == {(("shop.open", True), ("shop.shelf", 3)): 2}


def test_what_instrumentations_measure_stays_useful(metering, tmp_path, monkeypatch):
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database")
    import sqlalchemy
    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from opentelemetry.instrumentation.sqlalchemy.engine import EngineTracer
    from opentelemetry.trace import NoOpTracer

    mine, app = metering(), FastAPI()
    mine.vocabulary.learn_routes(["/v1/memories/{memory_id}"])

    @app.get("/v1/memories/{memory_id}")
    def read(memory_id: str) -> str:
        return memory_id

    FastAPIInstrumentor().instrument_app(app, meter_provider=mine.provider)
    try:
        client = TestClient(app, raise_server_exceptions=False, base_url="http://acme.example.org")
        assert client.get("/v1/memories/the-divorce").status_code == 200
        assert client.get("/the-divorce").status_code == 404
    finally:
        FastAPIInstrumentor().uninstrument_app(app)
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/the-divorce.db")
    usage = mine.provider.get_meter("opentelemetry.instrumentation.sqlalchemy", "0.1")
    EngineTracer(
        NoOpTracer(),
        engine,
        usage.create_up_down_counter("db.client.connections.usage", "connections"),
    )
    engine.connect().close()
    engine.dispose()

    body = mine.flush()
    assert_nothing_left_of(body, "divorce", "acme", str(tmp_path))
    found = {metric.name: metric for metric in decoded(body)}
    common = (("network.protocol.version", "1.1"), ("url.scheme", "http"))
    assert set(points(found[DURATION])) == {
        tuple(
            sorted(
                [
                    ("http.request.method", "GET"),
                    ("http.response.status_code", 200),
                    ("http.route", "/v1/memories/{memory_id}"),
                    *common,
                ]
            )
        ),
        tuple(sorted([("http.request.method", "GET"), ("http.response.status_code", 404), *common])),
    }
    assert found[DURATION].description == "Duration of HTTP server requests."
    assert {"http.server.active_requests", "http.server.response.body.size"} < set(found)
    states = {dict(said)["state"] for said in points(found["db.client.connections.usage"])}
    assert states <= {"idle", "used"}
    assert states


def assert_nothing_left_of(body: bytes, *texts: str) -> None:
    for text in texts:
        assert text.encode() not in body


def test_the_resource_is_ours_whatever_the_provider_s_is(closed):
    canaries, reader = Canaries(), InMemoryMetricReader()
    theirs = MeterProvider(
        [reader], Resource({"process.command": canaries("command")}), shutdown_on_exit=False
    )
    theirs.get_meter(self_metrics.SCOPE).create_counter(COUNTED).add(1)
    data = reader.get_metrics_data()
    assert dict(data.resource_metrics[0].resource.attributes) == {"service.name": "shop"}
    assert_nothing_left(canaries, data.to_json())


# --- series that fall together ---


def spoken_of(canaries: Canaries, number: int) -> list[dict[str, str]]:
    return [{"http.request.method": "GET", "error.type": canaries("who")} for _ in range(number)]


MERGED = (("error.type", "[redacted:unknown]"), ("http.request.method", "GET"))


@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
def test_sums_that_fall_together_are_added_up(metering, temporality):
    mine, canaries = metering(temporality=temporality), Canaries()
    counter, level = mine.meter.create_counter(COUNTED), mine.meter.create_up_down_counter(LEVEL)
    for number, attributes in enumerate(spoken_of(canaries, 3), 1):
        counter.add(number, attributes)
        level.add(10 - 7 * number, attributes)
    first = mine.metrics()
    assert values(first[COUNTED]) == {MERGED: 6}
    assert values(first[LEVEL]) == {MERGED: -12}
    counter.add(4, spoken_of(canaries, 1)[0])
    second = mine.metrics()
    assert values(second[COUNTED]) == {MERGED: 4 if temporality == "delta" else 10}
    assert values(second[LEVEL]) == {MERGED: -12}
    assert second[COUNTED].sum.is_monotonic
    assert second[COUNTED].sum.aggregation_temporality == (1 if temporality == "delta" else 2)
    [one], [other] = points(first[COUNTED]).values(), points(second[COUNTED]).values()
    assert (other.start_time_unix_nano == one.start_time_unix_nano) == (temporality == "cumulative")


@pytest.mark.parametrize(
    ("preference", "told"),
    [("cumulative", (2, 2, 2, 2)), ("delta", (1, 1, 1, 2)), ("lowmemory", (1, 1, 2, 2))],
)
def test_the_preferred_temporality_is_that_of_the_conventions(metering, preference, told):
    mine = metering(temporality=preference)
    mine.meter.create_counter(COUNTED).add(1)
    mine.meter.create_histogram(DURATION, "s").record(1)
    mine.meter.create_observable_counter(
        "continuum.telemetry.redactions", [lambda _: [Observation(1)]], "{redaction}"
    )
    mine.meter.create_up_down_counter(LEVEL).add(1)
    found = mine.metrics()
    names = (COUNTED, DURATION, "continuum.telemetry.redactions", LEVEL)
    streams = [getattr(found[name], found[name].WhichOneof("data")) for name in names]
    assert tuple(stream.aggregation_temporality for stream in streams) == told


def test_what_has_not_passed_the_gate_is_withheld(metering):
    mine, canary = metering(), Canaries()("raw")
    mine.ledger.accept("metric")
    mine.lane.submit([canary], None)
    assert mine.flush() == b""
    assert mine.ledger.snapshot()["ended"] == {"metric": {"withheld": 1}}


def test_a_sum_never_falls_when_a_word_becomes_known_later(metering):
    mine = metering()
    counter = mine.meter.create_counter(COUNTED)
    counter.add(3, {"http.route": "/late/{thing}"})
    counter.add(4, {"http.route": "/never/{thing}"})
    for _ in range(2):
        assert values(mine.metrics()[COUNTED]) == {(("http.route", "[redacted:unknown]"),): 7}
    mine.vocabulary.learn_routes(["/late/{thing}"])
    counter.add(1, {"http.route": "/late/{thing}"})
    assert values(mine.metrics()[COUNTED]) == {(("http.route", "[redacted:unknown]"),): 8}


def test_one_and_true_are_two_series(metering):
    mine = metering()
    counter = mine.meter.create_counter(COUNTED)
    for value in (1, True, 1.0):
        counter.add(1, {"http.response.status_code": value})
    [metric] = decoded(mine.flush())
    kinds = [point.attributes[0].value.WhichOneof("value") for point in metric.sum.data_points]
    assert sorted(kinds) == ["bool_value", "double_value", "int_value"]


def test_histograms_that_fall_together_are_added_up(metering):
    mine, canaries = metering(), Canaries()
    histogram = mine.meter.create_histogram(DURATION, "s", explicit_bucket_boundaries_advisory=[1, 2])
    recorded = [0.5, 1.5, 9.0, 1.75]
    for value, attributes in zip(recorded, spoken_of(canaries, 4), strict=True):
        histogram.record(value, attributes)
    [point] = points(mine.metrics()[DURATION]).values()
    assert (point.count, point.sum, point.min, point.max) == (4, 12.75, 0.5, 9.0)
    assert (list(point.bucket_counts), list(point.explicit_bounds)) == ([1, 2, 1], [1, 2])


def test_exponential_histograms_that_fall_together_count_as_if_they_had_been_one(closed):
    canaries, chance = Canaries(), random.Random(7)
    apart, together = InMemoryMetricReader(), InMemoryMetricReader()
    view = View(instrument_name="*", aggregation=ExponentialBucketHistogramAggregation())
    histograms = [
        MeterProvider([reader], Resource.get_empty(), shutdown_on_exit=False, views=[view])
        .get_meter(self_metrics.SCOPE)
        .create_histogram(DURATION, "s")
        for reader in (apart, together)
    ]
    for attributes, scale in zip(spoken_of(canaries, 4), (1e-300, 1.0, 1.1, 1e300), strict=True):
        for value in [0.0, *(chance.uniform(0.5, 2.0) * scale for _ in range(50))]:
            histograms[0].record(value, attributes)
            histograms[1].record(value, {"http.request.method": "GET"})
    [one], [other] = (
        reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
        for reader in (apart, together)
    )
    assert dict(one.attributes) == dict(MERGED)
    assert (one.count, one.zero_count, one.min, one.max) == (204, 4, 0.0, other.max)
    assert len(one.positive.bucket_counts) <= MOST_BUCKETS
    assert one.scale <= other.scale
    assert coarse(one, one.scale) == coarse(other, one.scale)


def coarse(point, scale: int) -> dict[int, int]:
    counts: dict[int, int] = {}
    for at, count in enumerate(point.positive.bucket_counts):
        if count:
            index = (point.positive.offset + at) >> (point.scale - scale)
            counts[index] = counts.get(index, 0) + count
    return counts


def test_of_gauges_that_fall_together_one_stays(metering):
    mine, canaries = metering(), Canaries()
    gauge = mine.meter.create_gauge(LEVEL)
    for number, attributes in enumerate(spoken_of(canaries, 3)):
        gauge.set(number, attributes)
    assert values(mine.metrics()[LEVEL]) == {MERGED: 2}


def test_scopes_and_instruments_that_become_the_same_are_one(metering):
    mine, canaries = metering(), Canaries()
    for number in (1, 2, 3):
        mine.provider.get_meter(canaries("scope")).create_counter(DURATION, "s", canaries("words")).add(
            number
        )
    request = ExportMetricsServiceRequest.FromString(mine.flush())
    [scope_metrics] = request.resource_metrics[0].scope_metrics
    [metric] = scope_metrics.metrics
    assert values(metric) == {(): 6}


# --- bounds ---


def test_a_hundred_thousand_series_are_bounded_in_memory_and_on_the_way_out(metering):
    mine = metering()
    counter = mine.meter.create_counter(COUNTED)
    for number in range(100_000):
        counter.add(1, {"http.response.status_code": number})
    found = values(mine.metrics()[COUNTED])
    assert len(found) == MOST_SERIES
    assert found[OVERFLOW] == 100_000 - (MOST_SERIES - 1)
    assert mine.ledger.snapshot()["redactions"]["overflow"] == found[OVERFLOW]
    [storage] = mine.provider._consumer._reader_storages.values()
    [[match]] = storage._instrument_view_instrument_matches.values()
    assert len(match._attributes_aggregation) == MOST_SERIES
    counter.add(5, {"http.response.status_code": 1})
    assert values(mine.metrics()[COUNTED])[(("http.response.status_code", 1),)] == 6


def test_the_series_of_somebody_else_s_provider_are_bounded_on_the_way_out(closed):
    reader = InMemoryMetricReader()
    theirs = MeterProvider([reader], Resource.get_empty(), shutdown_on_exit=False)
    counter = theirs.get_meter(self_metrics.SCOPE).create_counter(COUNTED)
    for number in range(MOST_SERIES + 50):
        counter.add(1, {"http.response.status_code": number})
    for _ in range(2):
        [metric] = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
        assert len(metric.data.data_points) == MOST_SERIES
        assert metric.data.data_points[-1].value == 51
        assert dict(metric.data.data_points[-1].attributes) == dict(OVERFLOW)


def test_metrics_without_end_are_withheld_and_counted(metering, monkeypatch):
    monkeypatch.setattr("telemetry.gate.metrics.MOST_METRICS", 1)
    mine = metering()
    mine.meter.create_counter(COUNTED).add(1)
    mine.meter.create_up_down_counter(LEVEL).add(1)
    assert list(mine.metrics()) == [COUNTED]
    assert mine.ledger.snapshot()["ended"] == {"metric": {"delivered": 1, "withheld": 1}}


def test_a_body_that_is_too_large_is_cut_in_two(metering):
    mine = metering(largest=20_000)
    counter = mine.meter.create_counter(COUNTED)
    for number in range(1_500):
        counter.add(number, {"http.response.status_code": number})
    mine.flush()
    assert all(len(body) <= 20_000 for body in mine.doorstep.bodies)
    found: dict[object, int] = {}
    for body in mine.doorstep.bodies:
        [metric] = decoded(body)
        found |= values(metric)
    assert found == {(("http.response.status_code", number),): number for number in range(1_500)}


def test_a_request_is_split_into_halves_that_hold_everything(metering):
    mine = metering()
    for name in (COUNTED, LEVEL):
        counter = mine.meter.create_up_down_counter(name)
        for number in range(4):
            counter.add(number, {"http.response.status_code": number})
    body = mine.flush()
    whole = {metric.name: values(metric) for metric in decoded(body)}
    found: dict[str, dict] = {}
    waiting = [body]
    while waiting:
        halves = mine.exporter.split(waiting[0])
        if not halves:
            [metric] = decoded(waiting[0])
            assert len(points(metric)) == 1
            found.setdefault(metric.name, {}).update(values(metric))
        assert sum(number for number, _ in halves) in (0, sum(len(points(m)) for m in decoded(waiting[0])))
        waiting = [half for _, half in halves] + waiting[1:]
    assert found == whole


# --- hostile values ---


def test_a_number_that_cannot_be_carried_takes_nothing_else_with_it(metering):
    mine = metering()
    counter = mine.meter.create_counter(COUNTED)
    counter.add(2**70, {"http.request.method": "GET"})
    counter.add(Decimal("1.5"), {"http.request.method": "PUT"})
    counter.add(True, {"http.request.method": "POST"})
    assert values(mine.metrics()[COUNTED]) == {
        (("http.request.method", "PUT"),): 1.5,
        (("http.request.method", "POST"),): 1,
    }
    assert mine.ledger.snapshot()["ended"] == {"metric": {"delivered": 2, "withheld": 1}}


def test_numbers_that_python_hashes_alike_are_different_series(metering):
    mine = metering()
    counter = mine.meter.create_counter(COUNTED)
    for number in (-1, -2):
        counter.add(1, {"http.response.status_code": number})
    assert len(points(mine.metrics()[COUNTED])) == 2


def test_enumerations_are_the_words_and_numbers_they_stand_for(metering):
    mine = metering()
    counter = mine.meter.create_counter(COUNTED)
    counter.add(1, {"http.response.status_code": HTTPStatus.OK, "http.request.method": HTTPMethod.GET})
    counter.add(1, {"http.response.status_code": 200, "http.request.method": "GET"})
    assert values(mine.metrics()[COUNTED]) == {
        (("http.request.method", "GET"), ("http.response.status_code", 200)): 2
    }


@pytest.mark.parametrize(
    "attributes",
    [
        {1: 2},
        {"": ""},
        {"a": object()},
        {"a": {"b": ["c"]}},
        {"a": b"bytes"},
        {"a": float("nan")},
        "text",
        [1],
    ],
)
def test_attributes_that_are_no_attributes_break_nothing(metering, attributes, caplog):
    mine = metering()
    mine.meter.create_counter(COUNTED).add(1, attributes)
    [point] = points(mine.metrics()[COUNTED]).values()
    assert point.as_int == 1


def test_a_callback_that_fails_takes_nothing_else_with_it(metering, caplog):
    mine = metering()

    def fail(_options):
        raise RuntimeError("callback")

    mine.meter.create_observable_gauge(LEVEL, [fail])
    mine.meter.create_counter(COUNTED).add(1)
    assert list(mine.metrics()) == [COUNTED]


def test_a_callback_that_hangs_holds_up_nothing_but_metrics(metering, monkeypatch):
    monkeypatch.setattr("telemetry.gate.metric_reader.LAST_COLLECTION", 0.05)
    mine, released = metering(), threading.Event()
    mine.meter.create_observable_gauge(LEVEL, [lambda _: released.wait(30) and []])
    try:
        for _ in range(2):
            assert mine.sender.flush(5)
        until(lambda: mine.ledger.snapshot()["faults"] == {"metric reader: still collecting": 1})
    finally:
        released.set()


def test_a_signal_that_comes_in_while_something_is_measured_does_not_hang(metering):
    mine = metering()
    mine.meter.create_counter(COUNTED).add(1)
    [storage] = mine.provider._consumer._reader_storages.values()
    [[match]] = storage._instrument_view_instrument_matches.values()
    with match._lock:  # as it is held by the thread that the signal's handler runs on
        assert mine.sender.flush(5)
    assert mine.reader._collecting.acquire(timeout=5)
    mine.reader._collecting.release()
    [metric] = decoded(mine.flush())  # the collection that had to wait, and this one
    assert [point.as_int for point in metric.sum.data_points] == [1, 1]


# --- when it is collected ---


def test_the_sender_collects_at_intervals_and_nobody_else_has_a_thread(metering):
    mine = metering(interval=0.5)  # two collections in one body would be two points of one series
    mine.lane._delay = 0.0
    mine.meter.create_counter(COUNTED).add(1)
    until(lambda: mine.sender.wake() or mine.doorstep.bodies)
    [metric] = decoded(mine.doorstep.bodies[0])
    assert values(metric) == {(): 1}


def test_nothing_is_collected_before_its_time(metering):
    mine = metering()
    mine.meter.create_counter(COUNTED).add(1)
    mine.reader.sweep(10.0)
    assert not mine.reader._collecting.locked()
    assert mine.ledger.snapshot()["accepted"] == {}
    mine.reader.sweep(0.0)
    assert mine.ledger.snapshot()["accepted"] == {"metric": 1}


def test_an_application_that_shuts_its_provider_down_still_delivers(metering):
    mine = metering()
    mine.meter.create_counter(COUNTED).add(1)
    mine.provider.shutdown()
    mine.flush()
    [metric] = decoded(mine.doorstep.bodies[0])
    assert values(metric) == {(): 1}


# --- other readers and providers ---


def test_a_reader_that_others_add_sees_clean_data_only(metering):
    canaries, mine = Canaries(), metering()
    early = InMemoryMetricReader()
    mine.provider.add_metric_reader(early)
    plant_everywhere(mine.provider, canaries)
    printed = io.StringIO()
    periodic = PeriodicExportingMetricReader(ConsoleMetricExporter(printed), 1e9)
    mine.provider.add_metric_reader(periodic)
    mine.provider.get_meter(self_metrics.SCOPE).create_counter(COUNTED).add(1)
    data = early.get_metrics_data()
    mine.provider.flush_others(5.0).join(5.0)
    assert_nothing_left(canaries, data.to_json())
    assert_nothing_left(canaries, printed.getvalue())
    mine.provider.remove_metric_reader(periodic)


@pytest.mark.parametrize("made", ["before", "after"])
def test_a_provider_of_somebody_else_hands_on_clean_data_only(metering, made):
    canaries, mine = Canaries(), metering()
    reader, printed = InMemoryMetricReader(), io.StringIO()
    reopen = close_side_doors(mine.gate) if made == "after" else None
    periodic = PeriodicExportingMetricReader(ConsoleMetricExporter(printed), 1e9)
    theirs = MeterProvider(
        [reader, periodic], Resource.get_empty(), AlwaysOnExemplarFilter(), shutdown_on_exit=False
    )
    plant_everywhere(theirs, canaries)
    reopen = reopen or close_side_doors(mine.gate)
    try:
        data = reader.get_metrics_data()
        theirs.force_flush()
    finally:
        reopen()
    assert_nothing_left(canaries, data.to_json())
    assert_nothing_left(canaries, printed.getvalue())
    for metric in data.resource_metrics[0].scope_metrics[0].metrics:
        assert not any(point.exemplars for point in metric.data.data_points)
    assert (
        reader.get_metrics_data().to_json() != data.to_json()
    )  # reopened, so that this test could have failed
    theirs.shutdown()


def test_where_the_sdk_has_another_way_nobody_gets_anything(metering, monkeypatch, caplog):
    mine, reader = metering(), InMemoryMetricReader()
    theirs = MeterProvider([reader], Resource.get_empty(), shutdown_on_exit=False)
    theirs.get_meter(self_metrics.SCOPE).create_counter(COUNTED).add(1)
    monkeypatch.setattr("telemetry.gate.meter_provider._passes_storage", lambda: False)
    reopen = close_side_doors(mine.gate)
    try:
        assert reader.get_metrics_data() is None
    finally:
        reopen()
    assert "no metrics" in caplog.text
    assert reader.get_metrics_data() is not None


# --- fork ---

_FORKING = """
import os, sys, threading
from metering import Metering
from opentelemetry.metrics import Observation
from test_metrics import COUNTED, LEVEL, values
mine = Metering()
counter = mine.meter.create_counter(COUNTED)
mine.meter.create_observable_up_down_counter(LEVEL, [lambda _: [Observation(9)]])
counter.add(5)
held = [mine.provider._meter_lock, mine.provider._consumer._lock, mine.meter._instrument_registration_lock,
        mine.meter._instrument_ids_lock, mine.reader._collecting]
held += [match._lock for storage in mine.provider._consumer._reader_storages.values()
         for matches in storage._instrument_view_instrument_matches.values() for match in matches]
taken, done = threading.Event(), threading.Event()
def hold():
    for lock in held:
        lock.acquire()
    taken.set()
    done.wait()
    for lock in reversed(held):
        lock.release()
holder = threading.Thread(target=hold)
holder.start()
taken.wait()
child = os.fork()
if not child:
    mine.ledger.start_anew()
    mine.sender.start_anew()
    mine.provider.get_meter("telemetry.self_metrics").create_counter(COUNTED).add(1)
    counter.add(1)
else:
    done.set()
    holder.join()
    assert os.waitpid(child, 0)[1] == 0
    counter.add(1)
print(os.getpid() == os.getppid(), {name: values(metric) for name, metric in mine.metrics().items()}, flush=True)
os._exit(0)
"""


def test_a_forked_child_neither_hangs_nor_tells_its_parent_s_counts_again():
    told = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", _FORKING],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    child, parent = told.stdout.splitlines() or [told.stderr, ""]
    assert f"'{COUNTED}': {{(): 2}}" in child
    assert f"'{COUNTED}': {{(): 6}}" in parent
    assert f"'{LEVEL}': {{(): 9}}" in child
