"""With SENTRY_TRACES_TRANSPORT=envelope each trace arrives as a Sentry transaction, as clean as a span."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from oracle import assert_nothing_to_add
from programs import APPS, HASH_KEY, Server
from test_wire_leaks import drive

from telemetry.privacy.tenants import Pseudonyms
from telemetry.sentry import sdk
from telemetry.testing import leaks
from telemetry.testing.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(APPS))
from planted import EVERYWHERE, TENANT

pytestmark = [
    pytest.mark.xdist_group("wire-envelope"),
    pytest.mark.skipif(
        sdk.MAJOR >= 3,
        reason="sentry-sdk 3 has no transactions: envelope is refused, which test_sdk.py checks",
    ),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, redis_port: int) -> Iterator[Sink]:
    home = tmp_path_factory.mktemp("envelope")
    settings = {
        "SENTRY_TRACES_TRANSPORT": "envelope",
        "SENTRY_TRACES_SAMPLE_RATE": "1",
        "SENTRY_RELEASE": "hostile@1",
        "FOREIGN_DATABASE": str(home / "items.db"),
        "FOREIGN_REDIS": str(redis_port),
    }
    with (
        Sink() as sink,
        Server("hostile:app", home=home, settings=settings | {"SENTRY_DSN": sink.dsn()}) as server,
    ):
        drive(server)
        for trace, path in (("e" * 31 + "1", "/items/1"), ("e" * 31 + "2", "/broken/1")):
            parent = f"00-{trace}-{'f' * 16}-01"
            server.call(path, headers={"traceparent": parent, "X-Tenant-Id": TENANT})
        server.call("/healthz", headers={"traceparent": f"00-{'e' * 31}3-{'f' * 16}-00"})
        server.call("/healthz", headers={"sentry-trace": f"{'e' * 31}4-{'f' * 16}-0"})
        server.end()
        yield sink
        assert_nothing_to_add(sink)


def of_trace(sink: Sink, digit: int) -> list[dict]:
    trace_id = "e" * 31 + str(digit)
    return [found for found in sink.transactions() if found["contexts"]["trace"]["trace_id"] == trace_id]


def test_a_request_is_one_transaction_named_by_its_route(run: Sink) -> None:
    (transaction,) = of_trace(run, 1)
    trace = transaction["contexts"]["trace"]
    assert transaction["transaction"] == "GET /items/{item_id}"
    assert transaction["transaction_info"] == {"source": "route"}
    assert trace["op"] == "http.server"
    assert trace["parent_span_id"] == "f" * 16
    assert trace["status"] == "ok"
    assert transaction["release"] == "hostile@1"


def test_its_children_are_the_statements_of_the_request(run: Sink) -> None:
    (transaction,) = of_trace(run, 1)
    described = {(span["op"], span["description"]) for span in transaction["spans"]}
    assert ("db", "SELECT owner FROM items WHERE id = ?") in described
    assert ("db", "GET ?") in described
    for span in transaction["spans"]:
        assert span["trace_id"] == transaction["contexts"]["trace"]["trace_id"]
        assert span["timestamp"] > span["start_timestamp"]
        assert span["data"]["continuum.tenant.hash"] == Pseudonyms(HASH_KEY).of("tenant", TENANT)


def test_the_transaction_carries_the_tenant(run: Sink) -> None:
    (transaction,) = of_trace(run, 1)
    expected = Pseudonyms(HASH_KEY).of("tenant", TENANT)
    assert transaction["user"] == {"id": expected}
    assert transaction["contexts"]["trace"]["data"]["continuum.tenant.hash"] == expected


def test_a_failed_request_has_its_status_and_its_error(run: Sink) -> None:
    (transaction,) = of_trace(run, 2)
    assert transaction["contexts"]["trace"]["status"] == "internal_error"
    (event,) = run.errors_of("e" * 31 + "2", timeout=0)
    assert event["contexts"]["trace"]["span_id"] == transaction["contexts"]["trace"]["span_id"]
    assert event["transaction"] == transaction["transaction"] == "GET /broken/{item_id}"


def test_a_trace_that_its_caller_did_not_sample_is_not_sent(run: Sink) -> None:
    assert not of_trace(run, 3)
    assert not of_trace(run, 4)


def test_everything_goes_by_envelope(run: Sink) -> None:
    assert {request.path for request in run.requests} == {"/api/7/envelope/"}
    # The application tries items that are withheld; when there was time, Sentry is told how many.
    kinds = {item.headers["type"] for item in run.items()}
    assert kinds - {"client_report", "sessions"} == {"event", "transaction"}


@pytest.mark.parametrize("place", sorted(EVERYWHERE))
def test_what_was_planted_is_nowhere_in_envelopes(run: Sink, place: str) -> None:
    assert not leaks.seen(EVERYWHERE[place], run.requests)
