"""The ledger as metrics: the same numbers, under words that are known beforehand."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource

import telemetry
from telemetry import self_metrics
from telemetry.configuration.settings import Settings
from telemetry.gate.meter_provider import GatedMeterProvider
from telemetry.gate.metrics import MetricGate
from telemetry.gate.scrubbing import Scrubbing
from telemetry.guard import Guard
from telemetry.identity import Identity
from telemetry.ledger import End, Ledger
from telemetry.privacy import policy, program, words
from telemetry.privacy.vocabulary import Vocabulary
from telemetry.testing.canaries import Canaries

PREFIX = "continuum.telemetry."


@pytest.fixture
def ledger():
    return Ledger()


@pytest.fixture
def read(ledger, monkeypatch):
    """Registers, and reads what a reader gets: a dictionary from name to labels to number."""
    # Where telemetry is installed it is a library, whose words are not the application's.
    monkeypatch.setattr(program, "is_library", lambda _path: True)

    def reading(queues=dict, *, gated=True):
        reader = InMemoryMetricReader()
        if gated:
            scrubbing = Scrubbing(Vocabulary("strict"), lambda: Identity.of(Settings()), ledger)
            provider = GatedMeterProvider(MetricGate(scrubbing, Resource.get_empty), [reader])
        else:
            provider = MeterProvider([reader], Resource.get_empty(), shutdown_on_exit=False)
        self_metrics.register(provider.get_meter(self_metrics.SCOPE), ledger, queues)
        data = reader.get_metrics_data()
        return {
            metric.name: {
                tuple(value for _, value in sorted(point.attributes.items())): point.value
                for point in metric.data.data_points
            }
            for metric in (data.resource_metrics[0].scope_metrics[0].metrics if data else ())
        }

    return reading


def test_the_ledger_s_numbers_are_told_by_signal_and_end(ledger, read):
    ledger.accept("span", 10)
    ledger.end("span", End.DELIVERED, 6)
    ledger.end("span", End.REJECTED, 1)
    ledger.replayed("error", 2)
    told = read()
    assert told[PREFIX + "items.accepted"] == {("span",): 10}
    assert told[PREFIX + "items.ended"] == {("delivered", "span"): 6, ("rejected", "span"): 1}
    assert told[PREFIX + "items.in_flight"] == {("span",): 3, ("error",): 2}
    assert told[PREFIX + "items.replayed"] == {("error",): 2}
    assert told["otel.sdk.exporter.span.exported"] == {(): 6, ("rejected",): 1}
    assert told["otel.sdk.exporter.span.inflight"] == {(): 3}


@pytest.mark.parametrize("end", list(End))
def test_every_end_is_told_by_its_name(ledger, read, end):
    ledger.accept("log")
    ledger.end("log", end)
    assert read()[PREFIX + "items.ended"] == {(end.value, "log"): 1}


def test_every_rule_is_told_by_its_name_and_others_together(ledger, read):
    ledger.redacted(dict.fromkeys(policy.RULES, 2) | {"one that nobody knows": 3, "overflow": 4})
    told = {(rule,): 2 for rule in policy.RULES} | {("other",): 3, ("overflow",): 4}
    assert read()[PREFIX + "redactions"] == told


def test_a_fault_is_told_by_its_place_alone(ledger, read):
    canaries = Canaries()
    kind = type(canaries("class"), (Exception,), {})
    for place in (
        "span gate of " + canaries("processor"),
        "OTLP traces delivery",
        "sender",
        canaries("place"),
    ):
        with Guard(ledger, place):
            raise kind(canaries("message"))
    told = read(gated=False)
    assert told[PREFIX + "faults"] == {("span gate",): 1, ("OTLP traces",): 1, ("sender",): 1, ("other",): 1}
    assert told == {**read(), **told}


def test_signals_that_nobody_knows_make_no_labels_of_their_own(ledger, read):
    for number in range(50):
        ledger.accept(f"made-up-{number}")
        ledger.end(f"made-up-{number}", End.WITHHELD)
    told = read(gated=False)
    assert told[PREFIX + "items.accepted"] == {("other",): 50}
    assert told[PREFIX + "items.ended"] == {("withheld", "other"): 50}


def test_queues_are_told_by_the_exporter_they_wait_for(read):
    assert read(lambda: {"OTLP traces": 3, "somebody's": 4})[PREFIX + "queue.size"] == {
        ("OTLP traces",): 3,
        ("other",): 4,
    }


def test_every_place_in_the_code_has_a_name():
    named = re.compile(r"(?:Guard\([\w.]+, |\.guard\()f?\"([^\"{]+)")
    source = Path(telemetry.__file__).parent
    places = {
        self_metrics._place(place)
        for path in source.rglob("*.py")
        for place in named.findall(path.read_text(encoding="utf-8"))
    }
    assert "span gate" in places
    assert places <= words.PLACES


def test_nobody_reads_the_ledger_when_there_is_no_provider(ledger):
    from opentelemetry.metrics import NoOpMeterProvider

    class Unread(Ledger):
        def snapshot(self):
            raise AssertionError("read")

    self_metrics.register(NoOpMeterProvider().get_meter(self_metrics.SCOPE), Unread())
    assert self_metrics.SCOPE in sys.modules
