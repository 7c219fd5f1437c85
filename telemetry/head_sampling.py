"""Decides before anything is made of a request whether its trace is recorded; most are not.

The instrumentation's middleware works out names and attributes of every request and asks the sampler then. Here
the sampler is asked first, with the trace's id that is used afterwards. A request that isn't recorded goes past
that middleware with no more than its trace's ids, which its errors and its outgoing calls carry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context as contexts
from opentelemetry import propagate, trace
from opentelemetry.instrumentation.asgi import asgi_getter, get_host_port_url_tuple
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from telemetry import sampling
from telemetry.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from opentelemetry.context import Context
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
    from opentelemetry.propagators.textmap import Getter, TextMapPropagator

    from telemetry.pipeline import Pipeline

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class HeadSampling:
    """Stands around the instrumentation's middleware of one application."""

    def __init__(self, app: OpenTelemetryMiddleware, pipeline: Pipeline) -> None:
        self.app = app
        self._provider = pipeline.provider
        self._guard = Guard(pipeline.ledger, "head sampling")
        self._excluded: Final = app.excluded_urls
        self._propagator: TextMapPropagator | None = None
        self._fields: frozenset[bytes] = frozenset()
        # An empty list is there, too, and would have the address put together for nothing.
        self._excludes: Final = bool(getattr(self._excluded, "_excluded_urls", self._excluded))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection, through the instrumentation where it has something to record."""
        unrecorded = None
        with self._guard:
            unrecorded = self._unrecorded(scope)
        if unrecorded is None:
            try:
                await self.app(scope, receive, send)
            finally:
                sampling.choose(None)
            return
        token = contexts.attach(unrecorded)
        try:
            await self.app.app(scope, receive, send)
        finally:
            contexts.detach(token)

    def _unrecorded(self, scope: Scope) -> Context | None:
        """The context to serve a request in whose trace is not recorded; None leaves it to the instrumentation."""
        if scope["type"] != "http" or (self._excludes and self._is_excluded(scope)):
            return None
        context = contexts.get_current()
        if context and (  # a server begins with an empty one
            trace.get_current_span(context) is not trace.INVALID_SPAN or not is_http_instrumentation_enabled()
        ):
            return None
        context = self._extracted(scope, context)
        parent = trace.get_current_span(context).get_span_context()
        ids = self._provider.id_generator
        if parent.is_valid:
            trace_id, random = parent.trace_id, parent.trace_flags.random_trace_id
        else:
            trace_id, random = ids.generate_trace_id(), ids.is_trace_id_random()
        decided = self._provider.sampler.should_sample(context, trace_id, "", SpanKind.SERVER)
        if decided.decision is not Decision.DROP:
            sampling.choose(None if parent.is_valid else trace_id)
            return None
        span = SpanContext(
            trace_id,
            ids.generate_span_id(),
            is_remote=False,
            trace_flags=TraceFlags(TraceFlags.RANDOM_TRACE_ID if random else TraceFlags.DEFAULT),
            trace_state=decided.trace_state,
        )
        return trace.set_span_in_context(NonRecordingSpan(span), context)

    def _extracted(self, scope: Scope, context: Context) -> Context:
        """The context that a request came with. Reading the headers is dear, and most bring none of these."""
        propagator = propagate.get_global_textmap()
        if propagator is not self._propagator:
            self._fields = frozenset(name.lower().encode() for name in propagator.fields)
            self._propagator = propagator
        if self._fields.isdisjoint([name.lower() for name, _ in scope.get("headers") or ()]):
            return context
        getter: Getter[Any] = asgi_getter
        return propagator.extract(scope, getter=getter)

    def _is_excluded(self, scope: Scope) -> bool:
        address: Any = get_host_port_url_tuple(scope)  # type: ignore[no-untyped-call]  # the instrumentation's own
        return self._excluded is not None and self._excluded.url_disabled(address[2])
