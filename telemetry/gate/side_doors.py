"""Closes the ways past our providers: an SDK provider of the application's own gets clean copies only.

An application may have providers with exporters of their own, made before or after ours, global or not. All
of them hand what they have through two places of the SDK: each span through the processor that it was given
when it was made, each log record through ``Logger.emit``. Both are put behind the gate, for the whole
process.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import Logger, ReadWriteLogRecord
from opentelemetry.sdk.trace import Span, SpanProcessor
from opentelemetry.trace import get_current_span

from telemetry import trace_scope
from telemetry.gate.log_processors import scope_of, writable
from telemetry.gate.logs import clean_log
from telemetry.gate.noted import note_record
from telemetry.gate.provider import GatedProcessors
from telemetry.gate.resource import resource_of
from telemetry.gate.spans import clean_span
from telemetry.gate.started import StartedSpan
from telemetry.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan

    from telemetry.gate.scrubbing import Scrubbing


class SideDoor(SpanProcessor):
    """Stands between one span of a provider that isn't ours and that provider's processors."""

    def __init__(self, downstream: SpanProcessor, scrubbing: Scrubbing, guard: Guard) -> None:
        self._downstream = downstream
        self._scrubbing = scrubbing
        self._guard = guard
        # Kept here and not on the span: its children in our provider must not wait for it to end.
        self._scope: trace_scope.TraceScope | None = None

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Pass on that a span was started; what is read of it is clean."""
        with self._guard:
            parent = get_current_span(parent_context)
            self._scope = trace_scope.of_span(parent) or trace_scope.current()
            started = StartedSpan(span, self._clean)
            self._downstream.on_start(started, parent_context)  # type: ignore[arg-type]  # reads like a span

    def _on_ending(self, span: Span) -> None:
        with self._guard:
            if span.get_span_context().trace_flags.sampled:
                self._downstream.on_end(self._clean(span))

    def _clean(self, span: ReadableSpan) -> ReadableSpan:
        return clean_span(span, self._scope, self._scrubbing)


_reopen: list[Callable[[], None]] = []


def close_side_doors(scrubbing: Scrubbing) -> Callable[[], None]:
    """Put every SDK provider of this process behind the gate; returns what opens the doors again, for tests.

    Holds for spans that start and records that are emitted from now on, whenever their provider was made.
    Closing them anew replaces the scrubbing.
    """
    open_side_doors()
    _reopen.append(_replace(Span, "__init__", lambda before: _gated_init(before, scrubbing)))
    _reopen.append(_replace(Logger, "emit", lambda before: _gated_emit(before, scrubbing)))
    return open_side_doors


def open_side_doors() -> None:
    """Leave the SDK as it was."""
    while _reopen:
        _reopen.pop()()


def _replace(owner: type, name: str, make: Callable[[Any], Any]) -> Callable[[], None]:
    before = owner.__dict__[name]
    setattr(owner, name, make(before))
    return lambda: setattr(owner, name, before)


def _gated_init(before: Callable[..., None], scrubbing: Scrubbing) -> Callable[..., None]:
    guard = Guard(scrubbing.ledger, "span gate of another provider")
    # Not global: while the interpreter goes down, globals may be gone, and the gate must not be.
    harmless, nowhere = (GatedProcessors, SideDoor, SpanProcessor), SpanProcessor()

    @wraps(before)
    def init(self: Span, *args: Any, **kwargs: Any) -> None:
        before(self, *args, **kwargs)
        processor = self._span_processor
        if type(processor) in harmless:
            return
        self._span_processor = nowhere  # until there is a gate in front of it
        with guard:
            self._resource = resource_of(scrubbing.identity())
            self._span_processor = SideDoor(processor, scrubbing, guard)

    return init


def _gated_emit(before: Callable[..., None], scrubbing: Scrubbing) -> Callable[..., None]:
    guard = Guard(scrubbing.ledger, "log gate of another provider")

    @wraps(before)
    def emit(self: Logger, record: Any = None, **fields: Any) -> None:
        with guard:
            if not self._is_enabled():
                return
            if isinstance(record, ReadWriteLogRecord):
                record = record.log_record
            given = LogRecord(**fields) if record is None else record
            noted = note_record(given, self.instrumentation_scope)
            before(self, writable(clean_log(noted, scope_of(given), scrubbing)))

    return emit
