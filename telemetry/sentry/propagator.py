"""Reads and writes ``sentry-trace`` beside W3C's headers, and honours the decision that was made upstream."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.context import get_current, set_value
from opentelemetry.propagators.textmap import TextMapPropagator, default_getter, default_setter
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from telemetry.sampling import DEFERRED

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.propagators.textmap import CarrierT, Getter, Setter

HEADER: Final = "sentry-trace"
_FORM = re.compile(r"\s*([0-9a-f]{32})-([0-9a-f]{16})(?:-([01]))?\s*")


class SentryTracePropagator(TextMapPropagator):
    """Entry point ``continuum_sentry`` of ``opentelemetry_propagator``; works with every sentry-sdk.

    Put it after ``tracecontext``: when a request carries both, W3C's parent is kept.
    """

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        """Continue the trace of a ``sentry-trace`` header, unless ``traceparent`` gave a parent already."""
        context = get_current() if context is None else context
        if trace.get_current_span(context).get_span_context().is_remote:
            return context
        values = getter.get(carrier, HEADER)
        found = _FORM.fullmatch(values[0]) if values else None
        if found is None:
            return context
        trace_id, span_id, sampled = int(found[1], 16), int(found[2], 16), found[3]
        flags = TraceFlags(TraceFlags.SAMPLED if sampled == "1" else TraceFlags.DEFAULT)
        parent = SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
        if not parent.is_valid:
            return context
        if sampled is None:
            context = set_value(DEFERRED, True, context)  # the API's signature
        return trace.set_span_in_context(NonRecordingSpan(parent), context)

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        """Write the current span as ``TRACE-SPAN-SAMPLED``."""
        current = trace.get_current_span(context).get_span_context()
        if current.is_valid:
            ids = f"{trace.format_trace_id(current.trace_id)}-{trace.format_span_id(current.span_id)}"
            setter.set(carrier, HEADER, f"{ids}-{int(current.trace_flags.sampled)}")

    @property
    def fields(self) -> set[str]:
        """The header that ``inject`` writes."""
        return {HEADER}
