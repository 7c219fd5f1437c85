"""Proves propagation: a trace is written into headers as an outgoing call would, and read back from them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from telemetry.doctor.finding import note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.trace import SpanContext

    from telemetry.doctor.finding import Finding
    from telemetry.doctor.subject import Subject

_HEADERS = {
    "tracecontext": "traceparent",
    "continuum_sentry": "sentry-trace",
    "sentry": "sentry-trace",
}
"""By propagator: the header that has to be there."""


def examine(subject: Subject) -> Iterator[Finding]:
    """A sampled and an unsampled trace, there and back; and baggage that names a tenant."""
    names = subject.settings.propagators
    if subject.pipeline is None:
        return
    if set(names) <= {"none", "baggage"}:
        yield note(
            "propagation",
            f"OTEL_PROPAGATORS is {','.join(names)}: traces end at this service.",
            "Remove it, unless that is meant.",
        )
        return
    wrong = [fault for sampled in (True, False) for fault in _faults(names, sampled=sampled)]
    if wrong:
        yield problem(
            "propagation",
            f"A trace does not survive the round trip through headers: {', '.join(dict.fromkeys(wrong))}.",
            "Remove OTEL_PROPAGATORS; if it is not set, report it.",
        )
    else:
        headers = dict.fromkeys(_HEADERS[name] for name in names if name in _HEADERS)
        yield ok(
            "propagation",
            f"A trace survives the round trip through headers ({', '.join(headers) or ', '.join(names)}); "
            "baggage takes no tenant along.",
        )


def _faults(names: tuple[str, ...], *, sampled: bool) -> Iterator[str]:
    from opentelemetry import baggage, propagate, trace
    from opentelemetry.context import Context

    sent = trace.SpanContext(
        trace_id=int(secrets.token_hex(16), 16),
        span_id=int(secrets.token_hex(8), 16),
        is_remote=False,
        trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED if sampled else trace.TraceFlags.DEFAULT),
    )
    tenant = f"tenant-{secrets.token_hex(6)}"
    context = trace.set_span_in_context(trace.NonRecordingSpan(sent), Context())
    carrier: dict[str, str] = {}
    propagate.inject(carrier, baggage.set_baggage("tenant_id", tenant, context))
    header_names = {name.lower() for name in carrier}
    for name in names:
        if name in _HEADERS and _HEADERS[name] not in header_names:
            yield f"{_HEADERS[name]} is not written"
    if any(tenant in value for value in carrier.values()):
        yield "baggage names the tenant"
    read = trace.get_current_span(propagate.extract(carrier, Context())).get_span_context()
    yield from _differences(sent, read)


def _differences(sent: SpanContext, read: SpanContext) -> Iterator[str]:
    if read.trace_id != sent.trace_id:
        yield "another trace id is read"
    elif read.span_id != sent.span_id:
        yield "another span id is read"
    elif read.trace_flags.sampled != sent.trace_flags.sampled:
        yield "the sampling decision is lost"
