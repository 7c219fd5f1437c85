"""Exceptions that end threads, linked to the request or operation that started the thread.

A thread begins with an empty context, so what it raises would belong to nobody. Spans of it stay apart: a thread
may go on long after the work that started it.
"""

from __future__ import annotations

from functools import wraps
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context, trace

from telemetry import trace_scope
from telemetry.capturing import transaction_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from telemetry.pipeline import Pipeline

_MARK: Final = "_continuum_telemetry"
_OURS: Final = "continuum-telemetry"
_POOLS: Final = ("anyio.", "concurrent.")
"""Threads that live on and hand exceptions to whoever waits for them; they would keep the first request's scope."""
_pipeline: Pipeline | None = None


def watch_threads(pipeline: Pipeline) -> None:
    """Let threads tell where they were started, from now on; a second call replaces the pipeline."""
    global _pipeline  # noqa: PLW0603  # a class can be patched once in a process, pipelines come and go
    _pipeline = pipeline
    original = Thread.start
    if getattr(original, _MARK, False):
        return

    @wraps(original)
    def start(self: Thread) -> None:
        if _pipeline is not None:
            with _pipeline.guard("thread"):
                _watch(self, _pipeline)
        original(self)

    setattr(start, _MARK, True)
    Thread.start = start  # type: ignore[method-assign]  # the only moment at which the starter is known


def _watch(thread: Thread, pipeline: Pipeline) -> None:
    scope = trace_scope.current()
    if scope is None or pipeline.errors is None or thread.name.startswith(_OURS) or _is_of_a_pool(thread):
        return
    run: Callable[[], None] = thread.run
    attributes = thread.__dict__
    before = {"run": attributes["run"]} if "run" in attributes else {}
    link = trace.NonRecordingSpan(trace.get_current_span().get_span_context())
    request = transaction_of(scope)  # the scope forgets it when the request ends

    def run_and_tell(*_self: Any) -> None:  # sentry-sdk, which wraps this again, gives the thread
        try:
            run()
        except Exception as error:
            with pipeline.guard("thread"):
                _capture(error, pipeline, link, scope, request)
            raise
        finally:
            # Otherwise a circle: thread, this function, thread.
            attributes.pop("run", None)
            attributes.update(before)

    thread.run = run_and_tell  # type: ignore[method-assign]  # of this one thread


def _is_of_a_pool(thread: Thread) -> bool:
    target = getattr(thread, "_target", None)
    return any(str(getattr(of, "__module__", "")).startswith(_POOLS) for of in (type(thread), target))


def _capture(
    error: Exception,
    pipeline: Pipeline,
    link: trace.Span,
    scope: trace_scope.TraceScope,
    request: str | None,
) -> None:
    assert pipeline.errors is not None  # noqa: S101  # asked when the thread was started
    token = context.attach(trace.set_span_in_context(link))
    before = trace_scope.enter(scope)
    try:
        pipeline.errors.capture(error, handled=False, transaction=request)
    finally:
        trace_scope.enter(before)
        context.detach(token)
