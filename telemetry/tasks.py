"""Exceptions of asyncio tasks that nobody awaited, captured as the task's own and not as whoever's runs by then.

Such a task's exception is noticed when the task is collected, which may be in the middle of any other request.
asyncio writes a line about it; here, before anybody handles that line, the exception is captured in the context
that the task ran in.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from asyncio import base_events
from contextvars import Context
from typing import TYPE_CHECKING, Any, Final

from telemetry import trace_scope
from telemetry.capturing import transaction_of

if TYPE_CHECKING:
    from telemetry.pipeline import Pipeline
    from telemetry.sentry.client import ErrorClient

_LOGGER: Final = "asyncio"
_MOST_FRAMES: Final = 12
"""Frames between the line and the loop that writes it."""


class TaskFilter(logging.Filter):
    """Captures the exceptions that the lines of asyncio's own logger are about; lets every line through."""

    def __init__(self, pipeline: Pipeline) -> None:
        super().__init__()
        self._errors = pipeline.errors
        self._guard = pipeline.guard("task that nobody awaited")

    def filter(self, record: logging.LogRecord) -> bool:
        """Capture; the line itself makes no second event, because the exception is known by then."""
        told = record.exc_info if record.levelno >= logging.ERROR else None
        error = told[1] if isinstance(told, tuple) else None
        if error is not None and self._errors is not None:
            with self._guard:
                # A copy can be entered, also while the context itself is; nobody's, where it can't be told whose.
                context = _context_of_what_failed() or Context()
                context.copy().run(_capture, error, self._errors)
        return True


def watch_tasks(pipeline: Pipeline) -> None:
    """Filter asyncio's logger; a filter of an earlier pipeline is replaced."""
    logger = logging.getLogger(_LOGGER)
    for before in [known for known in logger.filters if isinstance(known, TaskFilter)]:
        logger.removeFilter(before)
    logger.addFilter(TaskFilter(pipeline))


def _capture(error: BaseException, errors: ErrorClient) -> None:
    errors.capture(error, handled=False, transaction=transaction_of(trace_scope.current()))


def _context_of_what_failed() -> Context | None:
    """The context of the task, or of the callback, that the loop is writing a line about."""
    frame = sys._getframe(1)  # noqa: SLF001  # the line doesn't say which task it is about
    for _ in range(_MOST_FRAMES):
        if frame.f_code is base_events.BaseEventLoop.call_exception_handler.__code__:
            about = frame.f_locals.get("context")
            return _context_of(about) if isinstance(about, dict) else None
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return None


def _context_of(about: dict[str, Any]) -> Context | None:
    task = about.get("task") or about.get("future")
    if isinstance(task, asyncio.Task):
        # From 3.12 on a task tells its context; before, the collector knows what it holds.
        tell = getattr(task, "get_context", None)
        held = gc.get_referents(task) if tell is None else [tell()]
    else:
        held = [getattr(about.get("handle"), "_context", None)]
    return next((item for item in held if isinstance(item, Context)), None)
