"""Holds the ended spans of a trace until its local root ends, then hands them to the sender together."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.trace import SpanProcessor

from telemetry import trace_scope
from telemetry.guard import Guard

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

    from telemetry.delivery.lane import Lane
    from telemetry.ledger import Ledger
    from telemetry.trace_scope import TraceScope

MAX_HELD: Final = 256
"""Spans held for one local root; with more, those that have ended go ahead."""


class ScopingSpanProcessor(SpanProcessor):
    """Gives each span its trace scope, so that tenant and content are known when it reaches a gate."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._guard = Guard(ledger, "span scope")

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Share the parent's scope or open one."""
        with self._guard:
            trace_scope.open_for(span, parent_context)


class HoldingSpanProcessor(ScopingSpanProcessor):
    """Collects what the application's threads end; everything that costs time happens on the sender's."""

    def __init__(self, lane: Lane[ReadableSpan], ledger: Ledger) -> None:
        super().__init__(ledger)
        self._lane = lane
        self._holding: set[TraceScope] = set()
        self._lock = threading.RLock()

    def _on_ending(self, span: Span) -> None:
        # Not on_end: the SDK gives that a fresh copy, which no longer knows its trace scope. By now the
        # span's end time is set and its attributes are frozen.
        with self._guard:
            context = span.get_span_context()
            if not context.trace_flags.sampled:
                return
            scope = trace_scope.of_span(span)
            if scope is None:
                self._submit([span], None)
                return
            held = scope.hold(span)
            if scope.root_span_id in (context.span_id, 0):
                scope.root_span_id = 0  # whatever still ends under this root goes on at once
                self._hand_on(scope)
            elif held >= MAX_HELD:
                self._hand_on(scope)
            elif held == 1:
                scope.since = time.monotonic()
                with self._lock:
                    self._holding.add(scope)
                self._lane.ensure_running()

    def _hand_on(self, scope: TraceScope) -> None:
        with self._lock:
            self._holding.discard(scope)
        self._submit(scope.release(), scope)

    def _submit(self, spans: list[ReadableSpan], scope: TraceScope | None) -> None:
        if spans:
            self._ledger.accept("span", len(spans))
            self._lane.submit(spans, scope)

    def sweep(self, older_than: float) -> None:
        """Hand on what scopes have held for longer than some seconds; the sender calls this now and then."""
        limit = time.monotonic() - older_than
        with self._lock:
            due = [scope for scope in self._holding if scope.since <= limit]
        for scope in due:
            self._hand_on(scope)

    def forget(self) -> None:
        """Drop everything, in the child of a fork: the parent still has it and sends it."""
        self._lock = threading.RLock()
        self._holding.clear()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver everything held and queued within some milliseconds."""
        self.sweep(0.0)
        return self._lane.flush(timeout_millis / 1000)
