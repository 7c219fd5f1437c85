"""Parts of a running piece of work: spans by ``with``, below the current one and in its scope."""

from __future__ import annotations

from functools import lru_cache
from time import time_ns
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from opentelemetry.trace import Span, Tracer, TracerProvider

    from telemetry.gate.trail import Step
    from telemetry.pipeline import Pipeline

MOST_ATTRIBUTES: Final = 24
LONGEST: Final = 200
"""Characters of an attribute's text."""
_STORE: Final = "gen_ai.memory.store.id"
_PLACE: Final = "operation"


class Part:
    """A context manager for one use; an exception marks its span and goes on, nothing of telemetry is raised.

    Unlike an operation it opens no scope: what is bound and registered inside belongs to whoever runs it.

    Args:
        name: what is done, in words that stand in the code.
        pipeline: asked when the part starts.
        attributes: of the conventions; see ``set_attributes``.
        noted: it is a step of the trail of an error also where no span is recorded, and without it nothing
            is done there at all.

    """

    __slots__ = ("_attributes", "_name", "_noted", "_pipeline", "_running", "_span", "_step", "_token")

    def __init__(
        self,
        name: str,
        pipeline: Callable[[], Pipeline | None],
        attributes: Mapping[str, Any] | None = None,
        *,
        noted: bool = True,
    ) -> None:
        self._name, self._attributes, self._noted, self._pipeline = name, attributes, noted, pipeline
        self._running: Pipeline | None = None
        self._span: Span | None = None
        self._step: Step | None = None
        self._token: Any = None

    def __enter__(self) -> Self:
        pipeline = self._pipeline()
        if pipeline is not None:
            with pipeline.guard(_PLACE):
                self._start(pipeline)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            with self._running.guard(_PLACE):
                self._end(error)
            self._running = None

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Put attributes of the conventions on the span: at most 24 at once, texts of 200 characters.

        A store of memories is named by its tenant, for which the pseudonym stands; the gate looks at the rest.
        """
        pipeline, span = self._running, self._span
        if pipeline is not None and span is not None and span.is_recording():
            with pipeline.guard(_PLACE):
                span.set_attributes(_bounded(pipeline, attributes))

    def _start(self, pipeline: Pipeline) -> None:
        from opentelemetry import context, trace

        from telemetry.unrecorded import is_unrecorded

        above = trace.get_current_span()
        if not (self._noted or above.is_recording()):
            return
        self._running = pipeline
        ids = above.get_span_context()
        if is_unrecorded(above):
            self._note()  # and no span: the sampler would say again what it said of the one above
            return
        span = self._span = _tracer(pipeline.provider).start_span(self._name)
        if span.is_recording():
            if self._attributes:
                span.set_attributes(_bounded(pipeline, self._attributes))
        else:
            self._note()
            if ids.is_valid:
                return  # what is below is not sampled either way
        self._token = context.attach(trace.set_span_in_context(span))

    def _note(self) -> None:
        from telemetry import trace_scope
        from telemetry.gate.trail import Step

        scope = trace_scope.current()
        if scope is not None:
            self._step = Step(self._name)
            scope.note(self._step)

    def _end(self, error: BaseException | None) -> None:
        from opentelemetry import context

        from telemetry.marking import mark_span

        failed = isinstance(error, Exception)
        if self._token is not None:
            context.detach(self._token)
        if self._step is not None:
            self._step.end_time, self._step.failed = time_ns(), failed
        if self._span is None or not self._span.is_recording():
            return
        try:
            if isinstance(error, Exception):
                self._span.set_attribute("error.type", name_of(type(error)))
                mark_span(self._span, error)  # which asks the exception for its text
        finally:
            self._span.end()


def name_of(kind: type[BaseException]) -> str:
    """An exception's class as ``error.type`` wants it: with its module, unless it is a builtin."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


@lru_cache(maxsize=2)
def _tracer(provider: TracerProvider) -> Tracer:
    return provider.get_tracer("telemetry.operations")


def _bounded(pipeline: Pipeline, attributes: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in attributes.items():
        if len(kept) >= MOST_ATTRIBUTES:
            break
        if key == _STORE:
            kept[key] = pipeline.pseudonyms.of("tenant", str(value))
        elif type(value) in (bool, int, float):
            kept[key] = value
        elif isinstance(value, str) and len(value) <= LONGEST:
            kept[key] = str.__str__(value)  # a subclass may say anything of itself
    return kept
