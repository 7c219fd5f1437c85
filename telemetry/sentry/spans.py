"""Traces as Sentry transactions: the SDK's own span processor, behind the gate, on stable conventions.

``SentrySpanProcessor`` (sentry-sdk 2.x only) reads the conventions of before 2023, so a clean copy is given
the old names beside the new ones; the envelope gate leaves those out again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import get_value, set_value
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import default_getter, default_setter
from opentelemetry.sdk.trace import ReadableSpan

from telemetry.gate.spans import GatedSpanProcessor
from telemetry.sentry.propagator import SentryTracePropagator
from telemetry.sentry.sdk import transactions

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.propagators.textmap import CarrierT, Getter, Setter, TextMapPropagator
    from opentelemetry.sdk.trace import SpanProcessor

    from telemetry.gate.scrubbing import Scrubbing

_OLD_NAMES: Final = {
    "http.request.method": "http.method",
    "http.response.status_code": "http.status_code",
    "http.route": "http.target",
    "url.full": "http.url",
    "db.system.name": "db.system",
    "db.query.text": "db.statement",
}

_SAMPLING_CONTEXT: Final = frozenset(
    f"sentry-{key}"
    for key in ("trace_id", "public_key", "release", "environment", "sample_rate", "sampled", "sample_rand")
)


class EnvelopeTransportUnavailableError(RuntimeError):
    """The installed sentry-sdk has no span processor for OpenTelemetry."""


def transaction_processor(scrubbing: Scrubbing) -> GatedSpanProcessor:
    """The SDK's processor behind the gate.

    Raises:
        EnvelopeTransportUnavailableError: sentry-sdk 3 and later have none; the message names ``otlp``.

    """
    offered = transactions()
    if offered is None:
        raise EnvelopeTransportUnavailableError(
            "SENTRY_TRACES_TRANSPORT=envelope needs sentry-sdk 2.x; use otlp, the default"
        )
    processor: SpanProcessor = offered.SentrySpanProcessor()
    return GatedSpanProcessor(processor, scrubbing, adapt=with_old_names)


def with_old_names(span: ReadableSpan) -> ReadableSpan:
    """A copy of a clean span that carries the old convention's names as well."""
    attributes: dict[str, Any] = dict(span.attributes or {})
    for new, old in _OLD_NAMES.items():
        if new in attributes:
            attributes.setdefault(old, attributes[new])
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=span.events,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


class TransactionPropagator(SentryTracePropagator):
    """``sentry-trace`` for transactions: the SDK's propagator keeps the trace's sampling context in baggage.

    The SDK's own would call every incoming trace sampled and replace baggage that others wrote; here the
    upstream decision stands and both baggages are kept, Sentry's without names that could tell something.
    Where sentry-sdk has none, from 3 on, it is just ``sentry-trace``.
    """

    def __init__(self, baggage: TextMapPropagator) -> None:
        self._sentry: TextMapPropagator = CompositePropagator([])
        self._keys: tuple[str, ...] = ()
        self._baggage = baggage
        if (offered := transactions()) is not None:
            self._sentry = offered.SentryPropagator()
            self._keys = (offered.consts.SENTRY_TRACE_KEY, offered.consts.SENTRY_BAGGAGE_KEY)

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        """As ``SentryTracePropagator``, and what the SDK's processor needs of the caller's baggage."""
        context = super().extract(carrier, context, getter)
        known = self._sentry.extract(carrier, context, getter)
        for key in self._keys:
            if (value := get_value(key, known)) is not None:
                context = set_value(key, value, context)
        return context

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        """Write ``sentry-trace``, and one ``baggage`` header for both."""
        super().inject(carrier, context, setter)
        theirs: dict[str, str] = {}
        self._sentry.inject(theirs, context)
        entries = [
            entry
            for entry in theirs.get("baggage", "").split(",")
            if entry.partition("=")[0].strip() in _SAMPLING_CONTEXT
        ]
        if entries:
            ours: dict[str, str] = {}
            self._baggage.inject(ours, context)
            setter.set(carrier, "baggage", ",".join([*ours.values(), *entries]))

    @property
    def fields(self) -> set[str]:
        """The headers that ``inject`` writes."""
        return {"sentry-trace", "baggage"}
