"""Decorators that make an operation of each call: of functions, coroutines, generators and async generators.

What a wrapped function is, takes, returns, yields and raises stays as it was. Of a generator the span is only
current while it runs, and never while it waits for whoever consumes it.
"""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from telemetry.operations import Operation

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from types import TracebackType

    from telemetry.pipeline import Pipeline
    from telemetry.running import Run


_NOTHING: Final[tuple[Any, ...]] = (None,)


class Work(NamedTuple):
    """What is monitored, under which name, and where that function stands."""

    function: Callable[..., Any]
    name: str
    place: str | None
    pipeline: Callable[[], Pipeline | None]

    def operation(self) -> Operation:
        """One call, as a context manager."""
        return Operation(self.name, self.pipeline, function=self.place)

    def start(self) -> tuple[Pipeline, Run] | None:
        """One call that is resumed several times; None while telemetry is off."""
        pipeline = self.pipeline()
        if pipeline is not None:
            with pipeline.guard("operation"):
                from telemetry.running import start

                return pipeline, start(pipeline, self.name, function=self.place)
        return None


def monitor(function: Any, name: str | None, pipeline: Callable[[], Pipeline | None]) -> Any:
    """A function whose calls are operations; ``name`` is by default the function's own.

    Class and static methods may be given as the objects that their decorators make.
    """
    if isinstance(function, classmethod | staticmethod):
        return type(function)(monitor(function.__func__, name, pipeline))
    qualified = getattr(function, "__qualname__", None)
    place = None if qualified is None else f"{function.__module__}.{qualified}"
    shown = str(name or getattr(function, "__name__", "call"))
    work = Work(function, shown, place, pipeline)
    if inspect.isasyncgenfunction(function):
        return _async_generator(work)
    if inspect.isgeneratorfunction(function):
        return _generator(work)
    if inspect.iscoroutinefunction(function):
        return _coroutine(work)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if pipeline() is None:
            return function(*args, **kwargs)
        with work.operation():
            return function(*args, **kwargs)

    return call


def _coroutine(work: Work) -> Callable[..., Any]:
    @wraps(work.function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        with work.operation():
            return await work.function(*args, **kwargs)

    return call


def _generator(work: Work) -> Callable[..., Any]:
    @wraps(work.function)
    def generate(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        inner = work.function(*args, **kwargs)
        started = work.start()
        if started is None:
            return (yield from inner)
        steps = Steps(*started)
        resume, given = inner.send, _NOTHING
        while True:
            with steps:
                try:
                    value = resume(*given)
                except StopIteration as stop:
                    steps.is_over = True
                    return stop.value
            try:
                resume, given = inner.send, ((yield value),)
            except GeneratorExit:
                steps.is_over = True
                with steps:
                    inner.close()
                raise
            except BaseException as error:
                resume, given = inner.throw, (error,)

    return generate


def _async_generator(work: Work) -> Callable[..., Any]:
    @wraps(work.function)
    async def generate(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        inner = work.function(*args, **kwargs)
        steps = Steps(*(work.start() or (None, None)))
        resume, given = inner.asend, _NOTHING
        while True:
            with steps:
                try:
                    value = await resume(*given)
                except StopAsyncIteration:
                    steps.is_over = True
                    return
            try:
                resume, given = inner.asend, ((yield value),)
            except GeneratorExit:
                steps.is_over = True
                with steps:
                    await inner.aclose()
                raise
            except BaseException as error:
                resume, given = inner.athrow, (error,)

    return generate


class Steps:
    """Entered around each step of a generator; the run ends with the last one, or with what a step raises."""

    def __init__(self, pipeline: Pipeline | None, run: Run | None) -> None:
        self.is_over = False
        self._pipeline, self._run = pipeline, run
        self._current: Any = None

    def __enter__(self) -> None:
        if self._pipeline is not None and self._run is not None:
            with self._pipeline.guard("operation"):
                current = self._run.current()
                current.__enter__()
                self._current = current

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pipeline is None or self._run is None:
            return
        if self._current is not None:
            with self._pipeline.guard("operation"):
                self._current.__exit__(None, None, None)
            self._current = None
        if error is not None or self.is_over:
            with self._pipeline.guard("operation"):
                self._run.end(error)
