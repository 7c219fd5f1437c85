"""What fails in an event loop where nobody waits belongs to the work that began it."""

import asyncio
import gc
import logging

import telemetry
from telemetry.privacy.tenants import Pseudonyms

pytest_plugins = ["telemetry.testing"]


def fail() -> None:
    raise LookupError("nothing is there")


async def fail_alone() -> None:
    fail()


def test_tasks_and_callbacks_belong_to_who_started_them_and_not_to_who_collects_them(wire):
    wire.setup()

    async def main() -> str | None:
        with telemetry.operation("work.outer", tenant="acme"):
            circle = [asyncio.create_task(fail_alone())]
            circle.append(circle)
            asyncio.get_running_loop().call_soon(fail)
            started = telemetry.current_trace_id()
        del circle
        await asyncio.sleep(0.01)
        with telemetry.operation("work.other", tenant="other"):
            gc.collect()
        return started

    trace_id = asyncio.run(main())
    wire.flush()
    whose = Pseudonyms(wire.environ()["CONTINUUM_TELEMETRY_HASH_KEY"]).of("tenant", "acme")
    assert [event["user"] for event in wire.errors()] == [{"id": whose}] * 2
    assert {event["contexts"]["trace"]["trace_id"] for event in wire.errors()} == {trace_id}


def test_what_the_loop_says_in_passing_is_no_error(wire):
    wire.setup()
    logger = logging.getLogger("asyncio")
    logger.setLevel(logging.DEBUG)
    try:
        logger.debug("a peer has gone", exc_info=ConnectionResetError())
    finally:
        logger.setLevel(logging.NOTSET)
    wire.flush()
    assert not wire.errors()
