"""Has SQLAlchemy's instrumentation called where a statement is executed, and only where a span is recorded.

By itself it listens to each engine's events, and an engine with listeners takes longer over every statement and
every connection from its pool, also in requests of which nothing is recorded. A dialect executes all statements of
its engine, and calling through it costs next to nothing. Names, attributes and spans stay the instrumentation's.
"""

from __future__ import annotations

import weakref
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.metrics import NoOpUpDownCounter

from telemetry.unrecorded import is_unrecorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from telemetry.guard import Guard

_MARK: Final = "_continuum_telemetry"
_OF_THE_POOL: Final = frozenset({"connect", "close", "checkin", "checkout"})
_OF_STATEMENTS: Final = ("before_cursor_execute", "after_cursor_execute", "handle_error")
_EXECUTING: Final = ("do_execute", "do_executemany", "do_execute_no_params")


class TracedDialect:
    """The dialect of one engine, whose statements become spans until it is left."""

    def __init__(self, engine: Any, tracer: Any, dialects: Dialects) -> None:
        module: Any = import_module("opentelemetry.instrumentation.sqlalchemy.engine")
        self._engine, self._dialect = weakref.ref(engine), weakref.ref(engine.dialect)
        self._before, self._dialects = tracer._before_cur_exec, dialects  # noqa: SLF001  # what it would listen with
        self._after, self._failed = module._after_cur_exec, module._handle_error  # noqa: SLF001  # the same
        for name in _EXECUTING:
            setattr(engine.dialect, name, self._spanned(getattr(engine.dialect, name)))

    def leave(self) -> None:
        """Execute as before."""
        dialect = self._dialect()
        for name in _EXECUTING if dialect is not None else ():
            vars(dialect).pop(name, None)

    def leave_to(self, listen: Callable[..., None]) -> None:
        """Execute as before, and have the instrumentation listen to the engine's events."""
        self.leave()
        engine = self._engine()
        if engine is not None:
            listen(engine, "before_cursor_execute", self._before, retval=True)
            listen(engine, "after_cursor_execute", self._after)
            listen(engine, "handle_error", self._failed)

    def _spanned(self, execute: Callable[..., None]) -> Callable[..., None]:
        def executed(cursor: Any, statement: str, *more: Any) -> None:
            context = more[-1] if more else None
            if context is None or is_unrecorded():
                return execute(cursor, statement, *more)
            guard = self._dialects.guard
            with guard:
                statement, _ = self._before(context.root_connection, cursor, statement, None, context, False)
            try:
                execute(cursor, statement, *more)
            except BaseException as error:
                with guard:
                    if isinstance(error, Exception):
                        self._failed(SimpleNamespace(execution_context=context, original_exception=error))
                    else:  # somebody wants to leave; it took until here
                        self._after(None, None, None, None, context, None)
                raise
            with guard:
                self._after(None, None, None, None, context, None)
            return None

        return executed


class Dialects:
    """Stands between the instrumentation and SQLAlchemy, for all engines of the process."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._package: Any = import_module("opentelemetry.instrumentation.sqlalchemy")
        self._tracers: Any = import_module("opentelemetry.instrumentation.sqlalchemy.engine").EngineTracer
        self._traced: weakref.WeakKeyDictionary[Any, TracedDialect] = weakref.WeakKeyDictionary()
        self._listen = self._tracers._register_event_listener  # noqa: SLF001  # there is no other way
        self._stop_listening = self._tracers.remove_all_event_listeners
        self._span_connecting = self._package._wrap_connect  # noqa: SLF001  # there is no other way

    def stand_in(self) -> None:
        """Be called from now on."""
        self._tracers._register_event_listener = self._register  # noqa: SLF001  # see above
        self._tracers.remove_all_event_listeners = self._leave_all
        self._package._wrap_connect = self._wrap_connect  # noqa: SLF001  # see above

    def _register(self, engine: Any, event: str, function: Any, *args: Any, **options: Any) -> None:
        if event == "before_cursor_execute":
            if engine.dialect in self._traced:  # instrumented anew
                self._traced[engine.dialect].leave()
            self._traced[engine.dialect] = TracedDialect(engine, function.__self__, self)
        elif event in _OF_STATEMENTS:
            return  # the same dialect calls them
        elif event not in _OF_THE_POOL or not _counts_nothing(function.__self__):
            self._listen(engine, event, function, *args, **options)

    def _leave_all(self) -> None:
        for traced in list(self._traced.values()):
            traced.leave()
        self._traced.clear()
        self._stop_listening()

    def _wrap_connect(self, tracer: Any) -> Callable[..., Any]:
        spanned = self._span_connecting(tracer)

        def connected(function: Any, engine: Any, args: Any, kwargs: Any) -> Any:
            dialect = engine.dialect
            if dialect._has_events and dialect in self._traced:  # noqa: SLF001  # SQLAlchemy's own shortcut
                with self.guard:
                    if dialect.dispatch.do_execute:
                        self._traced.pop(dialect).leave_to(self._listen)
            return function(*args, **kwargs) if is_unrecorded() else spanned(function, engine, args, kwargs)

        return connected


def _counts_nothing(tracer: Any) -> bool:
    """Whether nobody takes metrics: a connection from the pool would tell this counter four times all the same."""
    return isinstance(tracer.connections_usage, NoOpUpDownCounter)


def trace_dialects(guard: Guard) -> None:
    """Before the instrumentation is switched on: it binds and wraps what it has by then.

    An application whose own listeners execute statements (``do_execute``) keeps the instrumentation's events:
    nothing would pass its dialect.

    Args:
        guard: keeps in what goes wrong from now on.

    """
    tracers: Any = import_module("opentelemetry.instrumentation.sqlalchemy.engine").EngineTracer
    standing: Dialects | None = getattr(tracers, _MARK, None)
    if standing is not None:
        standing.guard = guard
        return
    dialects = Dialects(guard)
    dialects.stand_in()
    setattr(tracers, _MARK, dialects)
