"""Whatever major of sentry-sdk is installed: it collects nothing, traces nothing, and links what it captures."""

from __future__ import annotations

import logging
import subprocess
import sys
from contextlib import contextmanager

import pytest
import sentry_sdk
from opentelemetry.context import Context
from opentelemetry.propagators.composite import CompositePropagator
from sentry_sdk.transport import Transport

from telemetry.sentry import sdk
from telemetry.sentry.spans import TransactionPropagator
from telemetry.testing.sink import Sink

SECRET = "the divorce was her idea"


class Kept(Transport):
    def __init__(self):
        super().__init__()
        self.items = []

    def capture_envelope(self, envelope):
        self.items += envelope.items


@contextmanager
def client(**options):
    kept = Kept()
    with sentry_sdk.isolation_scope() as scope:
        made = sentry_sdk.Client(
            "https://public@o1.example.test/1", transport=kept, default_integrations=False, **options
        )
        scope.set_client(made)
        with sentry_sdk.new_scope() as inner:
            inner.set_client(made)
            yield kept
            made.close(timeout=0)


@contextmanager
def quiet_client():
    options = sdk.collecting_nothing(transactions=False)
    with client(**options, integrations=[sdk.logging_integration()]) as kept:
        yield kept


def failing():
    said = SECRET
    raise LookupError(len(said))


def test_frames_come_without_variables_and_source():
    with quiet_client():
        try:
            failing()
        except LookupError as error:
            event, hint = sdk.event_of(error, {"type": "test", "handled": True})
    assert hint["exc_info"][1].args == (len(SECRET),)
    (value,) = event["exception"]["values"]
    assert value["mechanism"].items() >= {"type": "test", "handled": True}.items()
    frames = value["stacktrace"]["frames"]
    assert [frame["function"] for frame in frames][-1] == "failing"
    assert not [frame for frame in frames if {"vars", "context_line", "pre_context"} & frame.keys()]


def test_a_span_of_the_sdk_s_own_sends_nothing_and_writes_no_header():
    with quiet_client() as kept:
        with sentry_sdk.start_span(name="work"):
            sentry_sdk.capture_message("inside")
        sentry_sdk.get_client().flush(timeout=0)
    assert [item.type for item in kept.items] == ["event"]


def test_an_option_that_this_sdk_does_not_know_keeps_it_from_nothing():
    options = sdk.collecting_nothing(transactions=True) | {"max_breadcrumbs": 7, "dropped_in_a_beta": True}
    with client(**sdk.known(options)):
        assert sentry_sdk.get_client().options["max_breadcrumbs"] == 7
    assert sdk.known(options) == sdk.collecting_nothing(transactions=True) | {"max_breadcrumbs": 7}


def test_a_line_is_a_breadcrumb_or_an_event_and_never_a_log():
    logger = logging.getLogger("tests.of.the.sdk")
    with quiet_client() as kept:
        logger.warning("before")
        logger.error("failed")
        sentry_sdk.get_client().flush(timeout=0)
    (item,) = kept.items
    event = item.payload.json
    assert event["logentry"]["message"] == "failed"
    assert [crumb["message"] for crumb in event["breadcrumbs"]["values"]] == ["before"]


def test_an_ignored_logger_leaves_neither_event_nor_breadcrumb():
    sdk.ignore_logger("tests.ignored*")
    logger = logging.getLogger("tests.ignored.by.the.sdk")
    with quiet_client() as kept:
        logger.warning("before")
        logger.error("failed")
        sentry_sdk.capture_message("after")
    (item,) = kept.items
    assert item.payload.json["message"] == "after"
    assert not item.payload.json.get("breadcrumbs", {}).get("values")


PROGRAM = """
import os
import sentry_sdk
import telemetry
from opentelemetry import trace

telemetry.setup()
{then}
with trace.get_tracer("work").start_as_current_span("work") as span:
    try:
        raise LookupError("not found")
    except LookupError as error:
        telemetry.capture_exception(error)
print(trace.format_trace_id(span.get_span_context().trace_id))
telemetry.flush(5)
"""


def run(then="", **settings):
    """What the program sends to a sink, prints and complains of; ``then`` is what it does after its set-up."""
    with Sink() as sink:
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(then=then)],
            env={"SENTRY_DSN": sink.dsn(), "CONTINUUM_HASH_KEY": "k" * 32, "SENTRY_TRACES_SAMPLE_RATE": "1"}
            | settings,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return sink, ended


@pytest.fixture(scope="module")
def by_envelope():
    """What comes of wanting traces as transactions."""
    return run(SENTRY_TRACES_TRANSPORT="envelope")


def test_an_error_is_linked_to_its_trace_with_or_without_transactions(by_envelope):
    sink, ended = by_envelope
    (event,) = sink.errors()
    assert event["contexts"]["trace"]["trace_id"] == ended.stdout.strip()


@pytest.mark.skipif(
    sdk.MAJOR >= 3, reason="sentry-sdk 3 has no transactions; the next test says what it does"
)
def test_a_trace_is_one_transaction(by_envelope):
    sink, ended = by_envelope
    (transaction,) = sink.transactions()
    assert transaction["contexts"]["trace"]["trace_id"] == ended.stdout.strip()


@pytest.mark.skipif(sdk.MAJOR < 3, reason="sentry-sdk 2 has transactions; `make test-sentry3` runs this")
def test_without_transactions_the_error_names_what_to_use_instead(by_envelope):
    sink, ended = by_envelope
    wanted = "no traces: SENTRY_TRACES_TRANSPORT=envelope needs sentry-sdk 2.x; use otlp, the default"
    assert ended.stderr.count(wanted) == 1
    assert {item.headers["type"] for item in sink.items()} == {"event"}


def test_an_error_in_a_span_of_an_application_s_own_sdk_is_linked_to_the_trace_that_is_sent():
    own = "sentry_sdk.init(os.environ['SENTRY_DSN'], traces_sample_rate=1.0)\n"
    begin = "getattr(sentry_sdk, 'start_transaction', sentry_sdk.start_span)(name='mine').__enter__()"
    sink, ended = run(then=own + begin)
    (event,) = sink.errors()
    assert event["contexts"]["trace"]["trace_id"] == ended.stdout.strip()
    assert ended.stdout.strip() in {span.trace_id for span in sink.spans()}


def test_the_propagator_of_transactions_reads_and_writes_without_them_too():
    propagator = TransactionPropagator(CompositePropagator([]))
    carrier = {"sentry-trace": f"{'2' * 32}-{'3' * 16}-1", "baggage": "sentry-environment=test,other=1"}
    written: dict[str, str] = {}
    propagator.inject(written, propagator.extract(carrier, Context()))
    assert written["sentry-trace"] == carrier["sentry-trace"]
    assert "other" not in written.get("baggage", "")
