"""What is known about a running trace in this process: its tenant's pseudonym, its content, its ended spans.

Spans of a request end before everything about the request is known: the query that looks a key up ends
before its tenant is bound. So ended spans are held until the local root ends, and all of them then carry
what was learned on the way. Holding is bounded in number and age.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections import deque
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace

from telemetry.privacy.content import Content
from telemetry.tags import attributes_of

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

    from telemetry.inbound_request import InboundRequest

_ON_SPAN: Final = "_continuum_trace_scope"
MOST_STEPS: Final = 50
"""Steps that a scope remembers for the trail of an error; the oldest go first."""


class TraceScope:
    """The part of one trace that runs below one local root span; safe from any thread.

    ``root_span_id`` is 0 when the trace is not sampled: nothing is held then, but errors still need
    the tenant and the content.
    """

    __slots__ = (
        "_content",
        "_held",
        "_inbound",
        "_lock",
        "_parent",
        "_steps",
        "operation",
        "owner",
        "root_span_id",
        "since",
        "tenant",
    )

    def __init__(self, root_span_id: int = 0, parent: TraceScope | None = None) -> None:
        self.root_span_id = root_span_id
        self.tenant: str | None = parent.tenant if parent else None
        self.operation: dict[str, Any] = dict(parent.operation) if parent else {}
        """What is being done, by tag: it stands on events, and on spans that start from then on."""
        self.owner: weakref.ref[Any] | None = None
        """The task or thread that made the scope for want of another; None when it belongs to a piece of work."""
        self.since = time.monotonic()
        # What the parent's request brought in is parsed when it is asked for; a grandparent's is asked for now.
        lazily = parent is not None and parent._parent is None  # noqa: SLF001  # of its own class
        self._parent: TraceScope | None = parent if lazily else None
        if parent is not None and self._parent is None:
            parent.parse()
        self._content: Content = parent._content.child() if parent else Content()  # noqa: SLF001  # the same
        self._inbound: InboundRequest | None = None
        self._held: list[ReadableSpan] = []
        self._steps: deque[Any] = deque(maxlen=MOST_STEPS)
        self._lock = threading.RLock()

    @property
    def content(self) -> Content:
        """What may stand nowhere in what leaves under this trace. Asking parses what the request brought in."""
        self.parse()
        return self._content

    def parse(self) -> None:
        """Register what the request brought in, unless that was done."""
        if self._parent is not None:
            self._parent.parse()
        with self._lock:
            brought, self._inbound = self._inbound, None
        if brought is not None:
            brought.register_with(self._content)

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
            if self.root_span_id == 0:
                self._steps.clear()  # a span knows its scope: the circle would wait for the collector
            return held

    def note(self, step: Any) -> None:
        """Remember a span that has started, or what stands for one that isn't recorded."""
        self._steps.append(step)

    def succeed(self, content: Content) -> None:
        """Find what was registered last in the scope before: perhaps for this one, which was not there yet.

        Not what that one had from those before it: a worker that never ends would carry everything along.
        """
        nearest = content._layers[0]  # noqa: SLF001  # its own `child` takes all layers
        self._content._layers = (*self._content._layers, nearest)  # noqa: SLF001  # see above

    def fork(self) -> TraceScope:
        """A scope for one item alone: it knows what this one knows, and what it learns this one doesn't."""
        child = TraceScope(parent=self)
        child._steps = self._steps  # one trail
        return child

    @property
    def steps(self) -> tuple[Any, ...]:
        """The last spans that were started here, ended or not, the oldest first."""
        return tuple(self._steps.copy())


_current: ContextVar[TraceScope | None] = ContextVar("continuum_trace_scope", default=None)


def current() -> TraceScope | None:
    """The scope of the running request, or of the current span."""
    return _current.get() or of_span(trace.get_current_span())


def enter(scope: TraceScope | None) -> TraceScope | None:
    """Make a scope the running one for this task or thread; returns the one before, to enter again."""
    before = _current.get()
    _current.set(scope)
    return before


def leave(scope: TraceScope, before: TraceScope | None) -> None:
    """Make the scope before the running one again, unless another one is by now, as in another task's context."""
    if _current.get() is scope:
        _current.set(before)


def own() -> TraceScope:
    """The running scope to write to; a new one, for this task or thread alone, where nothing has opened one.

    A scope that was made for want of another is inherited by tasks that are started later: what one of those
    writes goes to a copy of its own.
    """
    scope = current()
    if scope is None or (scope.owner is not None and scope.owner() is not _whoever()):
        scope = _enter_own(scope)
    return scope


def own_for(tenant: str) -> TraceScope:
    """As ``own``, for work on behalf of a tenant's pseudonym: another tenant's is another piece of work."""
    scope = own()
    if scope.owner is not None and scope.tenant not in (None, tenant):
        content = scope.content
        scope = _enter_own(None)
        scope.succeed(content)
    return scope


def _enter_own(parent: TraceScope | None) -> TraceScope:
    scope = TraceScope(parent=parent)
    scope.owner = weakref.ref(_whoever())
    enter(scope)
    return scope


def _whoever() -> Any:
    """The running task, or the thread: whose a scope is that belongs to no request."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.current_thread() if task is None else task


def of_span(span: trace.Span) -> TraceScope | None:
    """The scope that a recording span belongs to."""
    scope = getattr(span, _ON_SPAN, None)
    return scope if isinstance(scope, TraceScope) else None


def open_for(span: Span, parent_context: Context | None) -> TraceScope:
    """Give a started span its scope: its local parent's, or a new one with the span as local root."""
    scope = of_span(trace.get_current_span(parent_context))
    if scope is None:
        before = _current.get()
        scope = TraceScope(span.get_span_context().span_id, parent=before)
        if before is not None and before.owner is not None and span.kind is trace.SpanKind.SERVER:
            scope.tenant, scope.operation = None, {}  # whose request it is, nobody knows yet
    scope.note(span)
    if scope.operation:
        span.set_attributes(attributes_of(scope.operation))
    # On the span itself, so that no map can grow when spans are never ended.
    setattr(span, _ON_SPAN, scope)
    return scope
