"""One run of an operation: its span, and what is current while it runs."""

from __future__ import annotations

from asyncio import CancelledError
from contextlib import contextmanager, nullcontext
from functools import lru_cache, partial
from time import time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry import context, trace

from telemetry import trace_scope
from telemetry.bindings import bind_tenant, pseudonymous
from telemetry.gate.trail import Step
from telemetry.leaving import flag_cancelled
from telemetry.marking import mark_span
from telemetry.tags import attributes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from opentelemetry.trace import Span, Tracer, TracerProvider

    from telemetry.pipeline import Pipeline


@lru_cache(maxsize=2)
def _tracer(provider: TracerProvider) -> Tracer:
    return provider.get_tracer("telemetry.operations")


class Run:
    """A started operation, until ``end``.

    Outside of any request it is a piece of work of its own: tenant, tags and breadcrumbs of it are gone when
    it ends.
    """

    def __init__(
        self, pipeline: Pipeline, name: str, attributes: Mapping[str, Any], parent: Span | None = None
    ) -> None:
        above = None if parent is None else trace.set_span_in_context(parent)
        self.span = _tracer(pipeline.provider).start_span(name, above, attributes=dict(attributes))
        running = trace_scope.current()
        self.stands_alone = running is None or running.owner is not None
        self._scope: trace_scope.TraceScope | None = None
        self._isolate: Callable[[], AbstractContextManager[Any]] = nullcontext
        if self.stands_alone:
            self._scope = trace_scope.of_span(self.span) or trace_scope.TraceScope(parent=running)
            if pipeline.errors is not None:
                self._isolate = partial(pipeline.errors.isolate, pipeline.errors.fork())
        self._step: Step | None = None
        if not self.span.is_recording():
            self._step = Step(name)
            noting = self._scope or running
            if noting is not None:
                noting.note(self._step)

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the span the current one, and its scope the running one; as often as the operation is resumed."""
        token = context.attach(trace.set_span_in_context(self.span))
        before = None if self._scope is None else trace_scope.enter(self._scope)
        try:
            with self._isolate():
                yield
        finally:
            if self._scope is not None:
                trace_scope.leave(self._scope, before)
            context.detach(token)

    def end(self, error: BaseException | None = None) -> None:
        """End the span; an exception marks it, being cancelled is no error."""
        try:
            if isinstance(error, CancelledError):
                flag_cancelled(self.span)
            elif isinstance(error, Exception):
                mark_span(self.span, error)  # which asks the exception for its text
        finally:
            if self._step is not None:
                self._step.end_time, self._step.failed = time_ns(), isinstance(error, Exception)
            self.span.end()


def start(
    pipeline: Pipeline,
    name: str,
    *,
    tenant: Any = None,
    tags: Mapping[str, Any] | None = None,
    content: str | None = None,
    function: str | None = None,
    parent: Span | None = None,
) -> Run:
    """Start an operation below the current span, or below ``parent``.

    Args:
        pipeline: where its span goes.
        name: what is done, as it stands in the code.
        tenant: whose work it is; within a request whose tenant is known, that one stays.
        tags: see ``telemetry.tags``; they stand on this span.
        content: a text that may stand nowhere in what leaves of it.
        function: the dotted name of the function that does it.
        parent: the span above it.

    """
    attributes = attributes_of(pseudonymous(pipeline, tags or {}, trace_scope.current()))
    if function is not None:
        attributes["code.function.name"] = function
    run = Run(pipeline, name, attributes, parent)
    if tenant or content:
        with run.current():
            scope = trace_scope.own()
            if tenant and (scope.tenant is None or run.stands_alone):
                bind_tenant(pipeline, tenant)
            if content:
                scope.register((content,))
    return run
