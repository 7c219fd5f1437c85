"""Notes what goes through Python's logging for our logger provider.

It stands in front of the handlers instead of being one: a handler on the root logger makes
``logging.basicConfig`` do nothing and silences the handler of last resort, and the application would lose the
log lines that it counts on. Upstream's handlers besides format messages, which calls code of the application.
"""

from __future__ import annotations

import logging
import threading
from functools import wraps
from typing import TYPE_CHECKING, Final

from opentelemetry.instrumentation.utils import is_instrumentation_enabled

from telemetry import trace_scope
from telemetry.gate.noted import note_line
from telemetry.guard import Guard

if TYPE_CHECKING:
    from telemetry.gate.log_provider import GatedLoggerProvider
    from telemetry.ledger import Ledger

_OURS: Final = frozenset({"telemetry", "opentelemetry"})
_CARRIERS: Final = frozenset(
    {"urllib3", "requests", "charset_normalizer", "httpx", "httpcore", "http", "grpc"}
)
_OUR_THREADS: Final = "continuum-telemetry"


class LineNoter:
    """Gives log lines to a provider: no line of telemetry itself, nor one that delivering brings about."""

    def __init__(self, provider: GatedLoggerProvider, ledger: Ledger) -> None:
        self._provider = provider
        self._ledger = ledger
        self._guard = Guard(ledger, "log lines")
        self._busy = threading.local()

    def take(self, record: logging.LogRecord) -> None:
        """Note a line; never raises and never waits. One that is logged while it takes one is only counted."""
        if getattr(self._busy, "noting", False):
            self._ledger.fault("log lines: logged while one was taken")
            return
        self._busy.noting = True
        try:
            with self._guard:
                if not _is_of_telemetry(record):
                    self._provider.processors.take(note_line(record), trace_scope.current())
        finally:
            self._busy.noting = False


def _is_of_telemetry(record: logging.LogRecord) -> bool:
    """Whether telemetry said it, or what carries its deliveries did while it delivered."""
    package = record.name.partition(".")[0]
    if package in _OURS or (record.threadName or "").startswith(_OUR_THREADS):
        return True
    return package in _CARRIERS and not is_instrumentation_enabled()


_noters: list[LineNoter] = []


def attach(provider: GatedLoggerProvider, ledger: Ledger) -> None:
    """Note every line that a logger lets through from now on; a noter that was attached before is replaced."""
    _noters[:] = [LineNoter(provider, ledger)]
    before = logging.Logger.callHandlers
    if getattr(before, "notes_lines", False):
        return

    noters = _noters  # a global may be gone while the interpreter goes down

    @wraps(before)
    def call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
        # First: a handler may format the record's message and arguments away.
        for noter in noters:
            noter.take(record)
        before(self, record)

    call_handlers.notes_lines = True  # type: ignore[attr-defined]  # how it is known again
    logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign]  # logging has no other place before its handlers


def detach() -> None:
    """Note nothing any more."""
    _noters.clear()
    noting = logging.Logger.callHandlers
    if getattr(
        noting, "notes_lines", False
    ):  # otherwise somebody else stands in front, and ours only passes on
        logging.Logger.callHandlers = noting.__wrapped__  # type: ignore[attr-defined, method-assign]  # set by `wraps`
