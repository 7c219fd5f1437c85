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

from telemetry.privacy.content import Content

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

    from telemetry.inbound_request import InboundRequest

_ON_SPAN: Final = "_continuum_trace_scope"


class TraceScope:
    """The part of one trace that runs below one local root span; safe from any thread.

    ``root_span_id`` is 0 when the trace is not sampled: nothing is held then, but errors still need
    the tenant and the content.
    """

    __slots__ = ("_content", "_held", "_inbound", "_lock", "root_span_id", "since", "tenant")

    def __init__(self, root_span_id: int = 0, parent: TraceScope | None = None) -> None:
        self.root_span_id = root_span_id
        self.tenant: str | None = parent.tenant if parent else None
        self.since = time.monotonic()
        self._content = parent.content.child() if parent else Content()
        self._inbound: InboundRequest | None = None
        self._held: list[ReadableSpan] = []
        self._lock = threading.RLock()

    @property
    def content(self) -> Content:
        """What may stand nowhere in what leaves under this trace. Asking parses what the request brought in."""
        with self._lock:
            brought, self._inbound = self._inbound, None
        if brought is not None:
            brought.register_with(self._content)
        return self._content

    def brings(self, request: InboundRequest) -> None:
        """Note what a request brings in, to be looked at when something is about to leave."""
        self._inbound = request

    def register(self, texts: tuple[str, ...], *, exact: bool = False) -> None:
        """Add texts that may stand nowhere; ``exact`` ones are found however short they are."""
        self._content.register(texts, exact=exact)

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
