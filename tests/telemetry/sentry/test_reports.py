"""Client reports: what was lost, in Sentry's words, once."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter

import pytest
from delivering import ends, until
from sentry_relay.consts import DataCategory

from telemetry.delivery.addresses import CATEGORIES
from telemetry.ledger import End
from telemetry.sentry import reports as reports_module
from telemetry.sentry.reports import REASONS, SIGNAL, ClientReports

# From Sentry's page on client reports, "Discard reasons".
DOCUMENTED = {
    "queue_overflow", "cache_overflow", "buffer_overflow", "ratelimit_backoff", "network_error", "sample_rate",
    "before_send", "event_processor", "send_error", "internal_sdk_error", "insufficient_data", "backpressure",
}  # fmt: skip


@pytest.fixture
def sent(station):
    """A function that sweeps reports, and returns the newest that arrived; the ledger; the reports."""
    sink = station.sink()
    courier = station.courier(f"{sink.url}/api/7/envelope/")
    reports = ClientReports(courier.ledger, courier, {"error", "transaction", "span"})

    def sweep(age: float = 0.0):
        before = len(sink.requests)
        accepted = courier.ledger.snapshot()["accepted"].get(SIGNAL, 0)
        reports.sweep(age)
        if courier.ledger.snapshot()["accepted"].get(SIGNAL, 0) == accepted:
            return None
        until(lambda: len(sink.requests) > before)
        until(lambda: not courier.waiting)
        return sink.requests[-1].body

    sweep.ledger, sweep.reports, sweep.courier = courier.ledger, reports, courier
    return sweep


def told(body: bytes) -> Counter[tuple[str, str]]:
    report = json.loads(body.split(b"\n")[2])
    return Counter({(one["category"], one["reason"]): one["quantity"] for one in report["discarded_events"]})


def lose(ledger, signal: str, end: End, quantity: int = 1) -> None:
    ledger.accept(signal, quantity)
    ledger.end(signal, end, quantity)


def test_a_report_is_an_envelope_of_one_item_in_the_documented_form(sent):
    lose(sent.ledger, "error", End.QUEUE_FULL, 3)
    headers, item, payload, rest = sent().split(b"\n", 3)
    assert json.loads(headers) == {}
    assert json.loads(item) == {
        "type": "client_report",
        "content_type": "application/json",
        "length": len(payload),
    }
    assert rest == b""
    report = json.loads(payload)
    assert set(report) == {"timestamp", "discarded_events"}
    assert abs(report["timestamp"] - time.time()) < 60
    assert report["discarded_events"] == [{"category": "error", "reason": "queue_overflow", "quantity": 3}]


def test_reasons_and_categories_are_sentrys():
    assert set(REASONS.values()) <= DOCUMENTED
    for names in CATEGORIES.values():
        for name in names:
            assert DataCategory.parse(name) is not None, name


def test_each_loss_is_told_once(sent):
    lose(sent.ledger, "error", End.WITHHELD, 2)
    assert told(sent()) == {("error", "event_processor"): 2}
    assert sent() is None
    lose(sent.ledger, "error", End.WITHHELD, 1)
    lose(sent.ledger, "span", End.EXPIRED, 5)
    assert told(sent()) == {("error", "event_processor"): 1, ("span", "cache_overflow"): 5}


def test_what_was_delivered_kept_or_refused_by_the_server_is_not_told(sent):
    for end in (End.DELIVERED, End.SPOOLED, End.REJECTED, End.TOO_LARGE):
        lose(sent.ledger, "error", end)
    assert sent() is None


def test_signals_that_go_elsewhere_are_not_told(sent):
    lose(sent.ledger, "log", End.QUEUE_FULL)
    lose(sent.ledger, "profile", End.WITHHELD)
    lose(sent.ledger, SIGNAL, End.QUEUE_FULL)
    assert sent() is None


def test_they_go_out_now_and_then_and_with_a_flush(sent, monkeypatch):
    lose(sent.ledger, "error", End.QUEUE_FULL)
    assert sent(10.0) is None
    monkeypatch.setattr(reports_module, "EVERY", 0.0)
    assert told(sent(10.0)) == {("error", "queue_overflow"): 1}


def test_a_report_is_counted_like_everything_else(sent):
    lose(sent.ledger, "error", End.QUEUE_FULL)
    sent()
    assert ends(sent.ledger, SIGNAL) == {"delivered": 1}


def test_threads_that_sweep_at_once_tell_nothing_twice(sent):
    lose(sent.ledger, "error", End.QUEUE_FULL, 10)
    sweepers = [threading.Thread(target=sent.reports.sweep, args=(0.0,)) for _ in range(8)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join(5)
    until(lambda: ends(sent.ledger, SIGNAL) == {"delivered": 1})


def test_the_child_of_a_fork_tells_its_own_losses_only(sent):
    lose(sent.ledger, "error", End.QUEUE_FULL, 10)
    sent()
    sent.ledger.start_anew()
    sent.reports.start_anew()
    lose(sent.ledger, "error", End.QUEUE_FULL, 3)
    assert told(sent()) == {("error", "queue_overflow"): 3}
