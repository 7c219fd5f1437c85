"""What ends a thread belongs to the work that started the thread, and the thread stays what it was."""

import threading

import pytest

import telemetry
from telemetry.privacy.tenants import Pseudonyms

pytest_plugins = ["telemetry.testing"]
# pytest warns of what the tests are about.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def fail() -> None:
    raise LookupError("nothing is there")


class Own(threading.Thread):
    """A thread whose own method fails, which somebody has given another method before."""

    def run(self) -> None:
        fail()


def test_an_error_belongs_to_the_operation_that_started_the_thread(wire):
    wire.setup()
    with telemetry.operation("work.outer", tenant="acme"):
        threads = [threading.Thread(target=fail), Own()]
        for thread in threads:
            thread.start()
        trace_id = telemetry.current_trace_id()
    for thread in threads:
        thread.join()
    wire.flush()
    whose = Pseudonyms(wire.environ()["CONTINUUM_TELEMETRY_HASH_KEY"]).of("tenant", "acme")
    assert [event["user"] for event in wire.errors()] == [{"id": whose}] * 2
    for event in wire.errors():
        assert event["contexts"]["trace"]["trace_id"] == trace_id
        assert event["exception"]["values"][0]["mechanism"]["handled"] is False
        wire.assert_linked(event)


def test_a_thread_without_a_starter_that_is_known_fails_as_ever(wire):
    wire.setup()
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    wire.flush()
    (event,) = wire.errors()
    assert "user" not in event


def test_a_thread_keeps_the_method_that_it_was_given(wire):
    wire.setup()
    done = []
    thread = Own()
    thread.run = given = lambda: done.append(True)
    with telemetry.operation("work.outer"):
        thread.start()
    thread.join()
    assert done == [True]
    assert thread.run is given
