"""Functions of every kind under ``telemetry.monitor``; their names stand in an ordinary module."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

import telemetry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SEEN: list[int] = []
"""The span that was current in each step of a generator."""


def current() -> int:
    return trace.get_current_span().get_span_context().span_id


@telemetry.monitor
def plain_function(first: int, *rest: int, last: int = 0) -> int:
    """Adds up."""
    return first + sum(rest) + last


@telemetry.monitor("work.of.a.coroutine")
async def coroutine_function(first: int) -> int:
    await asyncio.sleep(0)
    return first


@telemetry.monitor(name="work.of.a.generator")
def generator_function() -> Iterator[Any]:
    given = []
    try:
        while len(given) < 3:
            SEEN.append(current())
            try:
                given.append((yield len(given)))
            except KeyError:
                given.append("thrown")
        return given
    finally:
        SEEN.append(current())


@telemetry.monitor("work.of.an.async.generator")
async def async_generator_function() -> AsyncIterator[Any]:
    given = []
    try:
        while len(given) < 3:
            SEEN.append(current())
            await asyncio.sleep(0)
            try:
                given.append((yield len(given)))
            except KeyError:
                given.append("thrown")
    finally:
        await asyncio.sleep(0)
        SEEN.append(current())


class Owner:
    @telemetry.monitor
    def own_method(self) -> Owner:
        return self

    @telemetry.monitor
    @classmethod
    def class_method(cls) -> type[Owner]:
        return cls

    @telemetry.monitor
    @staticmethod
    def static_method() -> str:
        return "static"


@telemetry.monitor
def failing_function(error: BaseException) -> None:
    raise error


@telemetry.monitor
async def waiting_function() -> None:
    await asyncio.sleep(60)


def nested_work() -> None:
    with telemetry.operation("work.outer") as outer:
        plain_function(1)
        with outer.start_span("work.part", "a description of ottokar") as part:
            part.set_tag("attempt", 2)
            part.set_data("whose", "ottokar")
            part.set_status("ok")
            with telemetry.operation("work.inner"):
                pass


async def nested_async_work() -> None:
    async with telemetry.operation("work.outer") as outer, outer.start_span("work.part"):
        await coroutine_function(1)
