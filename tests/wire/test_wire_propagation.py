"""A trace that comes from elsewhere is continued as its caller decided, and goes on from here."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Running

pytestmark = pytest.mark.xdist_group("wire-foreign")

PARENT = "00f067aa0ba902b7"
OTHER = "1" * 32


def headers(kind: str, trace_id: str) -> dict[str, str]:
    w3c = f"00-{trace_id}-{PARENT}-"
    sentry = f"{trace_id}-{PARENT}"
    return {
        "traceparent sampled": {"traceparent": f"{w3c}01"},
        "traceparent unsampled": {"traceparent": f"{w3c}00"},
        "sentry-trace sampled": {"sentry-trace": f"{sentry}-1"},
        "sentry-trace unsampled": {"sentry-trace": f"{sentry}-0"},
        "sentry-trace deferred": {"sentry-trace": sentry},
        "W3C sampled, Sentry not": {"traceparent": f"{w3c}01", "sentry-trace": f"{OTHER}-{'2' * 16}-0"},
        "W3C not, Sentry sampled": {"traceparent": f"{w3c}00", "sentry-trace": f"{OTHER}-{'2' * 16}-1"},
        "broken W3C, Sentry sampled": {"traceparent": "00-zz-zz-01", "sentry-trace": f"{sentry}-1"},
    }[kind]


KINDS = {
    # kind: (arrives at rate 0, arrives at rate 1)
    "traceparent sampled": (True, True),
    "traceparent unsampled": (False, False),
    "sentry-trace sampled": (True, True),
    "sentry-trace unsampled": (False, False),
    "sentry-trace deferred": (False, True),
    "W3C sampled, Sentry not": (True, True),
    "W3C not, Sentry sampled": (False, False),
    "broken W3C, Sentry sampled": (True, True),
}


@pytest.fixture(scope="module")
def sent(foreign: Running, unsampled: Running) -> dict[str, str]:
    """The trace that was sent for each kind, to both applications; all that arrives has arrived."""
    trace_ids = {kind: secrets.token_hex(16) for kind in KINDS}
    for running in (foreign, unsampled):
        for kind, trace_id in trace_ids.items():
            assert running.server.call("/items/1", headers=headers(kind, trace_id)).status == 200
        assert running.sink.whole(running.server.trace("/healthz"))
    return trace_ids


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_caller_s_decision_stands(
    foreign: Running, unsampled: Running, sent: dict[str, str], kind: str
) -> None:
    for running, arrives in zip((unsampled, foreign), KINDS[kind], strict=True):
        spans = running.sink.traces().get(sent[kind], [])
        parents = [span.parent_id for span in spans if span.kind == "SERVER"]
        assert parents == ([PARENT] if arrives else [])
        assert OTHER not in running.sink.traces()


@pytest.mark.parametrize(
    "value", ["", "x", f"{'0' * 32}-{PARENT}-1", f"{OTHER}-{'0' * 16}-1", f"{OTHER}-{PARENT}-7", "-" * 5000]
)
def test_a_header_that_makes_no_sense_starts_a_new_trace(foreign: Running, value: str) -> None:
    reply = foreign.server.call("/outgoing", headers={"sentry-trace": value, "traceparent": value})
    assert reply.status == 200
    assert reply.json()["trace_id"] not in ("0" * 32, OTHER)


@pytest.mark.parametrize("kind", ["traceparent sampled", "sentry-trace sampled", "traceparent unsampled"])
def test_outgoing_headers_name_the_current_span(foreign: Running, kind: str) -> None:
    trace_id = secrets.token_hex(16)
    answer = foreign.server.call(
        "/outgoing", headers=headers(kind, trace_id) | {"baggage": "flavour=vanilla"}
    ).json()
    carrier, flag = answer["carrier"], int("unsampled" not in kind)
    assert answer["trace_id"] == trace_id
    assert carrier["traceparent"] == f"00-{trace_id}-{answer['span_id']}-{flag:02}"
    assert carrier["sentry-trace"] == f"{trace_id}-{answer['span_id']}-{flag}"
    assert carrier["baggage"] == "flavour=vanilla"


def test_outgoing_headers_are_written_though_nothing_is_sampled(unsampled: Running) -> None:
    answer = unsampled.server.call("/outgoing").json()
    start, _, flags = answer["carrier"]["traceparent"].rpartition("-")
    assert start == f"00-{answer['trace_id']}-{answer['span_id']}"
    assert int(flags, 16) & 1 == 0  # the second bit only says that the id is random
    assert answer["carrier"]["sentry-trace"].endswith("-0")
