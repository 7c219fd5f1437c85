"""The façade against a backend that records every byte: events, spans, pseudonyms, breadcrumbs, and no words."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sentry_calls
from opentelemetry import trace

from continuum.core import sentry_integration as sentry

pytest_plugins = ["telemetry.testing"]


@pytest.fixture
def sent(wire):
    """Telemetry in this process; what was sent of errors, after a flush."""
    wire.setup()

    def errors():
        assert wire.flush()
        return wire.errors()

    return errors


@pytest.fixture
def spans(sent, wire):
    def spans():
        assert wire.flush()
        return {span.name: span for span in wire.spans()}

    return spans


def said(event):
    """The tags of an event that are not the process's own."""
    return {key: value for key, value in event.get("tags", {}).items() if key != "service.instance.id"}


def fail(text="it went wrong"):
    raise LookupError(text)


def caught(text="it went wrong"):
    try:
        fail(text)
    except LookupError as error:
        return error
    raise AssertionError


def test_an_exception_is_one_event_whoever_captures_it_again(sent):
    error = caught()
    first = sentry.capture_exception(error)
    assert sentry.capture_exception(error) is None
    try:
        raise error
    except LookupError:
        assert sentry.capture_exception() is None
    (event,) = sent()
    assert event["event_id"] == first
    assert event["exception"]["values"][-1]["mechanism"]["handled"] is True


def test_an_exception_that_two_threads_capture_at_once_is_one_event(sent):
    error, ready = caught(), threading.Barrier(8)

    def capture(_):
        ready.wait(5)
        return sentry.capture_exception(error)

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(capture, range(8)))
    assert len([one for one in ids if one is not None]) == 1
    assert len(sent()) == 1


def test_an_exception_whose_class_takes_no_attributes_is_one_event_too(sent):
    class ClosedError(Exception):
        __slots__ = ()

        def __setattr__(self, name, value):
            raise TypeError(name)

    error = ClosedError("closed")
    assert sentry.capture_exception(error)
    assert sentry.capture_exception(error) is None
    assert len(sent()) == 1


def test_without_an_argument_the_exception_that_is_being_handled_is_captured(sent):
    assert sentry.capture_exception() is None
    try:
        fail()
    except LookupError:
        assert sentry.capture_exception()
    (event,) = sent()
    assert event["exception"]["values"][-1]["type"] == "LookupError"


def test_being_cancelled_is_no_error(sent):
    assert sentry.capture_exception(asyncio.CancelledError()) is None
    assert sentry.capture_exception(caught())
    assert len(sent()) == 1


def test_an_event_has_the_level_the_tags_and_the_data_that_it_was_given(sent):
    sentry.capture_exception(
        caught(), level="critical", tags={"operation": "recall", "attempt": 3}, extra={"attempt": 4}
    )
    (event,) = sent()
    assert event["level"] == "fatal"
    assert event["tags"]["operation"] == "recall"
    assert event["tags"]["attempt"] in (3, "3")
    assert event["extra"] == {"attempt": 4}


@pytest.mark.parametrize("level", ["deafening", 7, [], None])
@pytest.mark.parametrize("tags", [None, 7, "operation", {7: 7}, {"operation": object()}])
def test_a_careless_argument_costs_no_event(sent, level, tags):
    assert sentry.capture_exception(caught(), level=level, tags=tags, extra=tags)
    (event,) = sent()
    assert event["level"] == "error"


def test_an_event_is_linked_to_the_span_that_it_marks(sent, wire):
    with trace.get_tracer(__name__).start_as_current_span("fail"):
        sentry.capture_exception(caught())
    (event,) = sent()
    wire.assert_linked(event)
    (span,) = wire.spans()
    assert span.status == "ERROR"
    assert span.span_id == event["contexts"]["trace"]["span_id"]


def test_a_span_that_is_marked_once_shows_its_exception_once(spans, wire):
    with pytest.raises(LookupError):
        sentry_calls.capture_and_raise(fail)
    ((name, attributes),) = spans()["step.failing"].events
    assert (name, attributes["exception.type"]) == ("exception", "LookupError")


def test_of_a_query_only_its_length_and_a_keyed_fingerprint_are_sent(sent, wire, canary):
    query = canary.sentence("the query")
    for _ in range(2):
        sentry.capture_memory_error(caught(query), "recall", "acme-and-daughters", query=query, limit=10)
    sentry.capture_memory_error(caught(), "recall", "acme-and-daughters", query="another question of mine")
    one, same, other = sent()
    assert one["extra"]["continuum.query.length"] == len(query)
    assert one["extra"]["continuum.query.hash"] == same["extra"]["continuum.query.hash"]
    assert one["extra"]["continuum.query.hash"] != other["extra"]["continuum.query.hash"]
    assert one["extra"]["limit"] == 10
    assert said(one) == {"operation": "recall", "memory_operation": "recall"}
    assert one["user"]["id"] == other["user"]["id"]
    wire.assert_clean("another question of mine", tenants=["acme-and-daughters"])


def test_what_is_said_of_a_memory_error_does_not_stick(sent):
    sentry.capture_memory_error(caught(), "recall", "acme-and-daughters", query="what was it")
    sentry.capture_exception(caught())
    (_, after) = sent()
    assert "user" not in after
    assert said(after) == {}
    assert "extra" not in after


def test_a_query_is_also_no_secret_fingerprint_of_a_tenant_of_that_name(sent):
    sentry.capture_memory_error(caught(), "recall", "acme-and-daughters", query="acme-and-daughters")
    (event,) = sent()
    assert event["extra"]["continuum.query.hash"] != event["user"]["id"]


def test_tenant_and_instance_are_pseudonyms_on_events_and_spans(sent, wire):
    with sentry.PerformanceTransaction("serve"):
        sentry.set_user_context("acme-and-daughters", instance_id="machine-of-ottokar")
        with sentry.PerformanceTransaction("inner"):
            sentry.capture_exception(caught())
    (event,) = sent()
    inner = next(span for span in wire.spans() if span.name == "inner")
    assert event["user"] == {"id": inner.attributes["continuum.tenant.hash"]}
    assert event["tags"]["instance_id"] == inner.attributes["continuum.instance.hash"]
    assert event["tags"]["instance_id"] != event["user"]["id"]
    wire.assert_clean(tenants=["acme-and-daughters", "machine-of-ottokar"])


def test_a_raw_tenant_is_refused_and_that_is_said_once(sent, wire, caplog, monkeypatch):
    monkeypatch.setattr(sentry, "_said", set())
    with sentry.PerformanceTransaction("serve"):
        for _ in range(2):
            sentry.set_user_context("acme-and-daughters", anonymize=False)
        sentry.capture_exception(caught())
    (event,) = sent()
    assert event["user"]["id"] != "acme-and-daughters"
    assert len([line for line in caplog.messages if "anonymize" in line]) == 1
    wire.assert_clean(tenants=["acme-and-daughters"])


def test_the_operation_stands_on_events_on_the_current_span_and_on_later_ones(sent, wire):
    sentry_calls.work_in_steps("peer-of-ottokar", caught())
    (event,) = sent()
    by_name = {span.name: span.attributes for span in wire.spans()}
    assert event["tags"].items() >= {"operation": "recall", "model_type": "small-model"}.items()
    assert "continuum.operation" not in by_name["step.before"]
    for name in ("step.whole", "step.later"):
        assert by_name[name]["continuum.operation"] == "recall"
        assert by_name[name]["continuum.model_type"] == "small-model"
        assert by_name[name]["continuum.peer.hash"] == event["tags"]["federation_peer"]
        assert by_name[name]["attempt"] == 2
    wire.assert_clean(tenants=["peer-of-ottokar"])


def test_the_operation_is_gone_with_the_work_it_was_said_in(sent, wire):
    with sentry.PerformanceTransaction("first"):
        sentry.set_user_context("acme-and-daughters")
        sentry.set_operation_context(operation="recall")
        sentry.add_breadcrumb("first")
    with sentry.PerformanceTransaction("second"):
        sentry.capture_exception(caught())
    (event,) = sent()
    (second,) = [span for span in wire.spans() if span.name == "second"]
    assert said(event) == {}
    assert "user" not in event
    assert "first" not in json.dumps(event.get("breadcrumbs"))
    assert "continuum.operation" not in second.attributes
    assert "continuum.tenant.hash" not in second.attributes


@pytest.mark.parametrize("profile", ["strict", "balanced"])
def test_a_transaction_s_second_argument_is_a_tenant_or_nothing_at_all(wire, profile):
    wire.setup(CONTINUUM_TELEMETRY_PRIVACY=profile)
    sentry_calls.transact_in_every_way()
    assert wire.flush()
    assert [span.name for span in wire.spans()] == ["step.whole", "step.before", "step.later"]
    assert len({span.attributes["continuum.tenant.hash"] for span in wire.spans()}) == 1
    wire.assert_clean("Recalls what ottokar said", tenants=["tenant-of-ottokar", "ottokar"])


def test_the_decorator_may_be_bare_named_or_by_keyword(spans):
    assert (sentry_calls.bare(), sentry_calls.named(), sentry_calls.by_keyword()) == (1, 2, 3)
    assert spans().keys() == {"bare", "step.named", "step.by_keyword"}


@pytest.mark.parametrize("profile", ["strict", "balanced"])
def test_tags_that_say_too_much_are_not_sent(wire, canary, profile):
    wire.setup(CONTINUUM_TELEMETRY_PRIVACY=profile)
    with sentry.PerformanceTransaction("serve"):
        sentry.set_operation_context(
            operation=canary("operation") * 40,
            memory_operation=canary("a list").split(),
            customer_name=canary("customer"),
            tenant=canary("tenant"),
            password=canary("password"),
        )
        sentry.capture_exception(
            caught(),
            tags={"federation_peer": canary("peer"), "user": canary("user")},
            extra={"tenant": canary("t")},
        )
    assert wire.flush()
    assert len(wire.errors()) == 1
    wire.assert_clean()


def test_breadcrumbs_keep_the_words_of_the_code_and_lose_those_of_people(sent, wire, canary):
    with sentry.PerformanceTransaction("serve"):
        sentry_calls.leave_breadcrumbs(canary.sentence("message"), canary("data"))
        sentry.capture_exception(caught())
    (event,) = sent()
    ours = [crumb for crumb in event["breadcrumbs"]["values"] if crumb["category"] == "database"]
    assert [(crumb["message"], crumb["data"]) for crumb in ours] == [
        ("Starting database query", {"table": "concepts", "rows": 7})
    ]
    assert "asked [data]" in [crumb.get("message") for crumb in event["breadcrumbs"]["values"]]
    wire.assert_clean()


@pytest.mark.parametrize("odd", [object(), 7, None, b"bytes"])
def test_an_odd_breadcrumb_harms_nobody(sent, odd):
    sentry.add_breadcrumb(odd)
    sentry.add_breadcrumb("fine", category=odd, level=odd, data=odd)
    assert sentry.capture_exception(caught())
    assert len(sent()) == 1


def test_a_message_is_an_event_with_the_words_that_stand_in_the_code(sent, wire, canary):
    assert sentry_calls.say(canary("whom"))
    second, first = sent()
    assert first["logentry"]["formatted"] == "the index was rebuilt"
    assert (first["level"], said(first)) == (
        "warning",
        {"memory_operation": "rebuild-index"},
    )
    assert second["logentry"]["formatted"] == "rebuilt for [data]"
    wire.assert_clean()


def test_the_status_is_json_and_holds_no_key(sent, wire):
    sentry.capture_exception(caught())
    assert sentry.flush()
    status = sentry.get_status()
    text = json.dumps(status)
    assert status.items() >= {"available": True, "enabled": True, "environment": "development"}.items()
    assert status["traces_sample_rate"] == 1.0
    assert status["otlp_endpoint"].startswith("127.0.0.1")
    assert status["instrumentations"]["fastapi"] == "on"
    assert wire.dsn.partition("//")[2].partition("@")[0] not in text


def test_closing_delivers_and_ends_and_may_be_repeated(wire):
    wire.setup()
    sentry.capture_exception(caught())
    sentry.close()
    assert len(wire.errors()) == 1
    sentry.close()
    assert not sentry.is_enabled()
    assert sentry.get_status()["enabled"] is False
    assert sentry.capture_exception(caught()) is None
    with sentry.PerformanceTransaction("after"):
        sentry.set_user_context("acme")
        sentry.add_breadcrumb("after")
    assert sentry.flush()
    assert len(wire.errors()) == 1


def test_after_closing_it_can_be_started_again(wire):
    wire.setup()
    sentry.close()
    assert sentry.init_sentry()
    assert sentry.is_enabled()
    with sentry.PerformanceTransaction("again"):
        assert sentry.capture_exception(caught())
    assert wire.flush()
    assert len(wire.errors()) == 1
    assert [span.name for span in wire.spans()] == ["again"]


def test_starting_twice_is_starting_once(sent, wire):
    import sentry_sdk

    client, provider = sentry_sdk.get_client(), trace.get_tracer_provider()
    processors = len(provider.processors._span_processors)
    assert sentry.init_sentry(environment="staging")
    assert sentry.init_sentry(traces_sample_rate=0.5)
    assert sentry_sdk.get_client() is client
    assert trace.get_tracer_provider() is provider
    assert len(provider.processors._span_processors) == processors
    assert sentry.get_status()["environment"] == "development"
    sentry.capture_exception(caught())
    assert len(sent()) == 1
