"""Spares the instrumentations of databases and caches their work in a trace that isn't recorded.

They work out a name and attributes for each statement and command, and ask only then for a span, which would
record nothing. They make no outgoing headers, so nothing is missed: an HTTP client's goes on being asked.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from opentelemetry import trace

_MARK: Final = "_continuum_telemetry"


def is_unrecorded(span: trace.Span | None = None) -> bool:
    """Whether this runs below a local root span that isn't recorded. Without any span, a new one may be.

    Args:
        span: the current one, for whoever has it.

    """
    if span is None:
        span = trace.get_current_span()
    if span.is_recording():
        return False
    context = span.get_span_context()
    return context.is_valid and not context.is_remote and not context.trace_flags.sampled


def spare_sqlalchemy() -> None:
    """Before the instrumentation is switched on: it binds and wraps what it has by then."""
    package: Any = import_module("opentelemetry.instrumentation.sqlalchemy")
    tracer: Any = import_module("opentelemetry.instrumentation.sqlalchemy.engine").EngineTracer
    if getattr(tracer, _MARK, False):
        return
    execute, connect = tracer._before_cur_exec, package._wrap_connect  # noqa: SLF001  # before the work is done

    def before_execute(self: Any, conn: Any, cursor: Any, statement: Any, params: Any, *rest: Any) -> Any:
        return (
            (statement, params) if is_unrecorded() else execute(self, conn, cursor, statement, params, *rest)
        )

    def wrap_connect(of: Any) -> Any:
        traced = connect(of)

        def connected(function: Any, engine: Any, args: Any, kwargs: Any) -> Any:
            return function(*args, **kwargs) if is_unrecorded() else traced(function, engine, args, kwargs)

        return connected

    tracer._before_cur_exec, package._wrap_connect = before_execute, wrap_connect  # noqa: SLF001  # see above
    setattr(tracer, _MARK, True)


def spare_redis() -> None:
    """The question that each of its wrappers asks first gets one more answer."""
    module: Any = import_module("opentelemetry.instrumentation.redis")
    original = module.is_instrumentation_enabled
    if getattr(original, _MARK, False):
        return

    def is_instrumentation_enabled() -> bool:
        return not is_unrecorded() and original()

    setattr(is_instrumentation_enabled, _MARK, True)
    module.is_instrumentation_enabled = is_instrumentation_enabled
