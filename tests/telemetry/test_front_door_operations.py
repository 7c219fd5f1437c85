"""Operations become spans below the current one, and what is decorated stays what it was."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import warnings

import monitored
import pytest

import telemetry

pytest_plugins = ["telemetry.testing"]


@pytest.fixture
def ended(wire):
    """Telemetry in this process; the spans that ended so far, by name."""
    wire.setup()
    monitored.SEEN.clear()

    def ended():
        assert wire.flush()
        return {span.name: span for span in wire.spans()}

    return ended


@pytest.fixture(params=["on", "off"])
def either_way(request, wire):
    monitored.SEEN.clear()
    if request.param == "on":
        wire.setup()


def test_a_decorated_function_is_what_it_was():
    assert inspect.iscoroutinefunction(monitored.coroutine_function)
    assert inspect.isgeneratorfunction(monitored.generator_function)
    assert inspect.isasyncgenfunction(monitored.async_generator_function)
    assert not inspect.iscoroutinefunction(monitored.plain_function)
    assert (
        str(inspect.signature(monitored.plain_function))
        == "(first: 'int', *rest: 'int', last: 'int' = 0) -> 'int'"
    )
    assert monitored.plain_function.__doc__ == "Adds up."
    assert monitored.plain_function.__qualname__ == "plain_function"
    assert monitored.plain_function.__wrapped__(1, 2) == 3


def test_what_goes_in_and_comes_out_is_what_it_was(either_way):
    assert monitored.plain_function(1, 2, last=3) == 6
    assert asyncio.run(monitored.coroutine_function(5)) == 5
    owner = monitored.Owner()
    assert owner.own_method() is owner
    assert owner.class_method() is monitored.Owner
    assert owner.static_method() == "static"
    error = LookupError("mine")
    with pytest.raises(LookupError) as raised:
        monitored.failing_function(error)
    assert raised.value is error


def test_a_generator_takes_gives_throws_and_returns_as_before(either_way):
    running = monitored.generator_function()
    assert next(running) == 0
    assert running.send("sent") == 1
    assert running.throw(KeyError("thrown")) == 2
    with pytest.raises(StopIteration) as stop:
        running.send("last")
    assert stop.value.value == ["sent", "thrown", "last"]
    with pytest.raises(StopIteration):
        next(running)


def test_a_generator_that_is_closed_early_cleans_up(either_way):
    running = monitored.generator_function()
    next(running)
    running.close()
    assert len(monitored.SEEN) == 2
    with pytest.raises(StopIteration):
        next(running)


def test_what_a_generator_does_not_catch_comes_back(either_way):
    running = monitored.generator_function()
    next(running)
    with pytest.raises(LookupError, match="mine"):
        running.throw(IndexError("mine"))


def test_an_async_generator_takes_gives_throws_and_closes_as_before(either_way):
    async def use():
        running = monitored.async_generator_function()
        assert await anext(running) == 0
        assert await running.asend("sent") == 1
        assert await running.athrow(KeyError("thrown")) == 2
        with pytest.raises(StopAsyncIteration):
            await running.asend("last")
        early = monitored.async_generator_function()
        await anext(early)
        await early.aclose()
        failing = monitored.async_generator_function()
        await anext(failing)
        with pytest.raises(IndexError):
            await failing.athrow(IndexError())
        return [value async for value in monitored.async_generator_function()]

    assert asyncio.run(use()) == [0, 1, 2]


def test_a_generator_s_span_is_current_in_its_steps_and_never_between_them(ended):
    outside = monitored.current()
    for _ in monitored.generator_function():
        assert monitored.current() == outside

    async def use():
        async for _ in monitored.async_generator_function():
            assert monitored.current() == outside

    asyncio.run(use())
    spans = ended()
    seen = [f"{span_id:016x}" for span_id in monitored.SEEN]
    assert set(seen[:4]) == {spans["work.of.a.generator"].span_id}
    assert set(seen[4:]) == {spans["work.of.an.async.generator"].span_id}


@pytest.mark.parametrize("way", ["left", "collected", "in another task", "in another thread"])
def test_a_generator_that_ends_elsewhere_says_nothing_and_its_span_ends(ended, caplog, way):
    async def use():
        running = monitored.async_generator_function()
        await anext(running)
        if way == "in another task":
            await asyncio.create_task(running.aclose())
        elif way == "collected":
            del running
            gc.collect()
            await asyncio.sleep(0.01)

    if way == "in another thread":
        running = monitored.generator_function()
        next(running)
        asyncio.run(asyncio.to_thread(running.close))
    else:
        asyncio.run(use())
    assert not caplog.messages
    assert any(name.startswith("work.of") for name in ended())
    assert not telemetry.status()["ledger"]["faults"]


def test_operations_are_nested_and_descriptions_stay_here(ended, wire):
    monitored.nested_work()
    spans = ended()
    outer, part = spans["work.outer"], spans["work.part"]
    assert spans["plain_function"].parent_id == outer.span_id
    assert part.parent_id == outer.span_id
    assert spans["work.inner"].parent_id == part.span_id
    assert (part.status, part.attributes["attempt"]) == ("OK", 2)
    assert spans["plain_function"].attributes["code.function.name"] == "monitored.plain_function"
    wire.assert_clean("a description of ottokar", tenants=["ottokar"])


def test_async_operations_are_nested_too(ended):
    asyncio.run(monitored.nested_async_work())
    spans = ended()
    assert spans["work.part"].parent_id == spans["work.outer"].span_id
    assert spans["work.of.a.coroutine"].parent_id == spans["work.part"].span_id


def test_what_is_raised_marks_the_span_once_and_goes_on(ended):
    with pytest.raises(LookupError):
        monitored.failing_function(LookupError("mine"))
    span = ended()["failing_function"]
    assert span.status == "ERROR"
    assert [name for name, _ in span.events] == ["exception"]


@pytest.mark.parametrize("leaving", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_leaving_is_no_error(ended, leaving):
    with pytest.raises(type(leaving)):
        monitored.failing_function(leaving)
    span = ended()["failing_function"]
    assert (span.status, span.events) == ("UNSET", [])


def test_being_cancelled_is_noted_and_no_error(ended):
    async def use():
        task = asyncio.create_task(monitored.waiting_function())
        await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(use())
    span = ended()["waiting_function"]
    assert (span.status, [name for name, _ in span.events]) == ("UNSET", ["cancelled"])


def test_while_telemetry_is_off_no_coroutine_is_left_behind():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asyncio.run(monitored.coroutine_function(1)) == 1
        monitored.nested_work()
        gc.collect()


def test_an_operation_can_be_entered_again_and_inside_itself(ended, wire):
    again = telemetry.operation("work.outer")
    with again, again:
        pass
    with again:
        pass
    assert wire.flush()
    assert [span.name for span in wire.spans()] == ["work.outer"] * 3
