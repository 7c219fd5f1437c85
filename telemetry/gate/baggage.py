"""The gate for outgoing baggage: no tenant, no user, no secret and nothing that a request brought in goes along.

Baggage belongs to the application, so what it put there itself and no rule objects to is handed on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.textmap import default_setter

from telemetry import trace_scope
from telemetry.guard import Guard
from telemetry.privacy.scrub import names_somebody

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.propagators.textmap import CarrierT, Setter

    from telemetry.gate.scrubbing import Scrubbing

MOST_ENTRIES: Final = 64


class GatedBaggagePropagator(W3CBaggagePropagator):
    """W3C baggage whose entries pass the gate on their way out; what comes in is read as ever."""

    def __init__(self, scrubbing: Scrubbing) -> None:
        super().__init__()
        self._scrubbing = scrubbing
        self._guard = Guard(scrubbing.ledger, "baggage gate")

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        """Write the entries that nothing objects to; when that can't be told, none."""
        with self._guard:
            scrubber = self._scrubbing.of(trace_scope.current())
            for number, (key, value) in enumerate(baggage.get_all(context).items()):
                text = str(value) if type(value) in (str, int, float, bool) else None
                if (
                    number >= MOST_ENTRIES
                    or text is None
                    or names_somebody(key)
                    or scrubber.prose(text) != text
                ):
                    context = baggage.remove_baggage(key, context)
            self._scrubbing.ledger.redacted(scrubber.rules)
            super().inject(carrier, context, setter)
