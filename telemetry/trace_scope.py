"""What is known about a running trace in this process: its tenant's pseudonym, its content, its ended spans.

Spans of a request end before everything about the request is known: the query that looks a key up ends
before its tenant is bound. So ended spans are held until the local root ends, and all of them then carry
what was learned on the way. Holding is bounded in number and age.
"""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from opentelemetry import trace

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

MAX_CONTENT_VALUES: Final = 64
MAX_CONTENT_LENGTH: Final = 262_144
SHORTEST_CONTENT: Final = 8

_ON_SPAN: Final = "_continuum_trace_scope"


class TraceScope:
    """The part of one trace that runs below one local root span; safe from any thread.

    ``root_span_id`` is 0 when the trace is not sampled: nothing is held then, but errors still need
    the tenant and the content.
    """

    __slots__ = ("_content", "_content_length", "_held", "_lock", "root_span_id", "since", "tenant")

    def __init__(self, root_span_id: int = 0, parent: TraceScope | None = None) -> None:
        self.root_span_id = root_span_id
        self.tenant: str | None = parent.tenant if parent else None
        self.since = time.monotonic()
        self._content: list[str] = list(parent.content) if parent else []
        self._content_length = sum(map(len, self._content))
        self._held: list[ReadableSpan] = []
        self._lock = threading.RLock()

    @property
    def content(self) -> tuple[str, ...]:
        """Texts that may stand nowhere in what leaves under this trace, longest first."""
        with self._lock:
            return tuple(self._content)

    def register(self, texts: tuple[str, ...]) -> None:
        """Add texts; the shortest and those beyond the bounds are left to the other rules."""
        with self._lock:
            for text in texts:
                if len(text) < SHORTEST_CONTENT or text in self._content:
                    continue
                full = len(self._content) >= MAX_CONTENT_VALUES
                if full or self._content_length + len(text) > MAX_CONTENT_LENGTH:
                    return
                self._content.append(text)
                self._content_length += len(text)
            self._content.sort(key=len, reverse=True)

    def hold(self, span: ReadableSpan) -> int:
        """Keep an ended span; returns how many are held."""
        with self._lock:
            self._held.append(span)
            return len(self._held)

    def release(self) -> list[ReadableSpan]:
        """The held spans, which are then no longer held."""
        with self._lock:
            held, self._held = self._held, []
            return held


_current: ContextVar[TraceScope | None] = ContextVar("continuum_trace_scope", default=None)


def current() -> TraceScope | None:
    """The scope of the running request, or of the current span."""
    return _current.get() or of_span(trace.get_current_span())


def enter(scope: TraceScope | None) -> TraceScope | None:
    """Make a scope the running one for this task or thread; returns the one before, to enter again."""
    before = _current.get()
    _current.set(scope)
    return before


def of_span(span: trace.Span) -> TraceScope | None:
    """The scope that a recording span belongs to."""
    scope = getattr(span, _ON_SPAN, None)
    return scope if isinstance(scope, TraceScope) else None


def open_for(span: Span, parent_context: Context | None) -> TraceScope:
    """Give a started span its scope: its local parent's, or a new one with the span as local root."""
    scope = of_span(trace.get_current_span(parent_context))
    if scope is None:
        scope = TraceScope(span.get_span_context().span_id, parent=_current.get())
    # On the span itself, so that no map can grow when spans are never ended.
    setattr(span, _ON_SPAN, scope)
    return scope
