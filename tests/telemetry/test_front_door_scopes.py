"""What is said of one piece of work is never seen in another: tasks, threads, workers that go on for ever."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import telemetry
from continuum.core.sentry_integration import PerformanceTransaction
from telemetry import trace_scope
from telemetry.privacy.tenants import Pseudonyms
from telemetry.testing.wire import _HASH_KEY

pytest_plugins = ["telemetry.testing"]


@pytest.fixture
def sent(wire):
    wire.setup()
    before = trace_scope.enter(None)

    def errors():
        assert wire.flush()
        return wire.errors()

    yield errors
    trace_scope.enter(before)


def pseudonym(tenant):
    return Pseudonyms(_HASH_KEY).of("tenant", tenant)


def said(event):
    """The tags of an event that are not the process's own."""
    return {key: value for key, value in event.get("tags", {}).items() if key != "service.instance.id"}


def capture(text):
    try:
        raise LookupError(text)
    except LookupError as error:
        return telemetry.capture_exception(error)


def test_tasks_outside_of_any_request_keep_to_themselves(sent):
    async def job(number):
        telemetry.bind_tenant(f"tenant-{number}")
        telemetry.set_operation(attempt=number)
        await asyncio.sleep(0.001 * (number % 3))
        return capture("in a job")

    async def main():
        telemetry.set_operation(
            number=1
        )  # what is said before a task starts is known to it, and stays as it is
        ids = await asyncio.gather(*(job(number) for number in range(10)))
        return ids, capture("in main")

    ids, last = asyncio.run(main())
    events = {event["event_id"]: event for event in sent()}
    for number, event_id in enumerate(ids):
        assert events[event_id]["user"]["id"] == pseudonym(f"tenant-{number}")
        assert said(events[event_id]) == {"number": 1, "attempt": number}
    assert "user" not in events[last]
    assert said(events[last]) == {"number": 1}


def test_a_worker_that_turns_to_another_tenant_begins_anew(sent):
    for tenant in ("tenant-a", "tenant-b"):
        telemetry.bind_tenant(tenant)
        if tenant == "tenant-a":
            telemetry.set_operation(attempt=1)
        capture(tenant)
    first, second = sent()
    assert (first["user"]["id"], second["user"]["id"]) == (pseudonym("tenant-a"), pseudonym("tenant-b"))
    assert said(second) == {}


def test_a_worker_s_scopes_do_not_pile_up(sent):
    telemetry.bind_tenant("tenant-0")
    first = trace_scope.current()
    layers = []
    for number in range(1, 50):
        telemetry.bind_tenant(f"tenant-{number}")
        layers.append(sum(map(len, trace_scope.current().content._layers)))
    assert trace_scope.current() is not first
    assert max(layers) < 100


def test_content_that_was_registered_before_its_tenant_is_known_is_not_lost(wire, canary):
    wire.setup(CONTINUUM_TELEMETRY_PRIVACY="balanced")
    before = trace_scope.enter(None)
    try:
        telemetry.bind_tenant("tenant-a")
        said = canary.sentence("what was said")
        telemetry.register_content(said)
        telemetry.bind_tenant("tenant-b")
        capture(said)
        assert wire.flush()
        assert len(wire.errors()) == 1
        wire.assert_clean(tenants=["tenant-a", "tenant-b"])
    finally:
        trace_scope.enter(before)


def test_an_operation_in_a_thread_that_is_used_again_leaves_nothing_there(sent):
    def job(number):
        if number is None:
            return capture("nobody's")
        with telemetry.operation("work.outer", tenant=f"tenant-{number}"):
            telemetry.set_operation(attempt=number)
            telemetry.add_breadcrumb("in a job", data={"attempt": number})
            return capture("in a job")

    with ThreadPoolExecutor(1) as pool:
        one, two, nobodys = list(pool.map(job, [1, 2, None]))
    events = {event["event_id"]: event for event in sent()}
    assert events[one]["user"]["id"] == pseudonym("tenant-1")
    assert events[two]["user"]["id"] == pseudonym("tenant-2")
    assert [
        c["data"]["attempt"] for c in events[two]["breadcrumbs"]["values"] if "attempt" in c.get("data", {})
    ] == [2]
    assert "user" not in events[nobodys]
    assert said(events[nobodys]) == {}


def test_a_request_does_not_act_for_whom_the_process_was_set_up(sent, wire):
    telemetry.bind_tenant("tenant-of-the-script")
    telemetry.set_operation(number=1)
    app = FastAPI()

    @app.get("/fail")
    async def fail():
        capture("in a request")

    assert TestClient(app).get("/fail").status_code == 200
    (event,) = sent()
    assert "user" not in event
    assert said(event) == {}
    (server,) = [span for span in wire.spans() if span.kind == "SERVER"]
    assert "continuum.tenant.hash" not in server.attributes


def test_an_exception_without_a_text_still_ends_its_span(sent, wire):
    class SilentError(Exception):
        def __str__(self):
            raise RuntimeError

    with pytest.raises(SilentError), telemetry.operation("work.outer"):
        raise SilentError
    sent()
    assert len(wire.spans()) == 1


def test_tags_of_any_name_are_no_arguments(sent):
    with PerformanceTransaction("work.outer", None, name="x", content="y", tags="z", pipeline=1):
        pass


def test_within_a_request_the_tenant_that_is_bound_stays(sent):
    with (
        telemetry.operation("work.outer", tenant="tenant-a"),
        telemetry.operation("work.inner", tenant="a description, in truth"),
    ):
        capture("inside")
    (event,) = sent()
    assert event["user"]["id"] == pseudonym("tenant-a")


def test_a_scope_that_is_done_remembers_no_steps(sent):
    with telemetry.operation("work.outer"):
        scope = trace_scope.current()
        with telemetry.operation("work.inner"):
            assert len(scope.steps) == 2
    assert scope.steps == ()


def test_a_fork_finds_what_the_request_brought_in_only_when_it_is_asked():
    class Brought:
        parsed = 0

        def register_with(self, content):
            self.parsed += 1
            content.register(["was brought in by somebody"])

    parent, brought = trace_scope.TraceScope(), Brought()
    parent.brings(brought)
    child = parent.fork()
    assert brought.parsed == 0
    assert child.content.holds("this was brought in by somebody else")
    assert parent.content.holds("this was brought in by somebody else")
    grandchild = child.fork()
    child.register(("something of the child alone",))
    assert not parent.content.holds("something of the child alone")
    assert grandchild.content.holds("something of the child alone")
    assert brought.parsed == 1
