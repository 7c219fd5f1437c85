"""sentry-sdk's transport: hands every envelope's items to the gate, and posts nothing itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from sentry_sdk.transport import Transport

from telemetry import trace_scope
from telemetry.gate.envelopes import Outgoing, signal_of
from telemetry.gate.trail import Trail
from telemetry.guard import Guard
from telemetry.ledger import End

if TYPE_CHECKING:
    from collections.abc import Callable

    from sentry_sdk.envelope import Envelope, Item

    from telemetry.delivery.lane import Lane
    from telemetry.ledger import Ledger

_SAMPLED_OUT = "sample_rate"
_explained = threading.local()


def explain(end: End | None) -> None:
    """Say how the event that this thread is about to drop ends; None when it never was one of its own."""
    _explained.end = end


def explain_nothing() -> None:
    """Forget what was said of an event that somebody else dropped."""
    _explained.__dict__.clear()


class GatedTransport(Transport):
    """The one way out of sentry-sdk."""

    def __init__(self, dsn: str, lane: Lane[Outgoing], ledger: Ledger) -> None:
        super().__init__({"dsn": dsn})
        self._lane = lane
        self._ledger = ledger
        self._guard = Guard(ledger, "Sentry transport")

    def capture_envelope(self, envelope: Envelope) -> None:
        """Queue the items; they are scrubbed later, by what is known of the running trace."""
        with self._guard:
            scope = trace_scope.current()
            for item in envelope.items:
                outgoing = Outgoing(item, envelope.headers)
                if scope is not None and outgoing.type == "event":
                    outgoing.trail = Trail(scope.steps)
                self._ledger.accept(signal_of(outgoing.type))
                self._lane.submit([outgoing], scope)

    def record_lost_event(
        self,
        reason: str,
        data_category: Any = None,
        item: Item | None = None,
        *,
        quantity: int = 1,
    ) -> None:
        """Count what the SDK drops before it becomes an envelope, as far as it is an item of its own."""
        with self._guard:
            signal = signal_of(item.type or "unknown") if item is not None else str(data_category)
            end = End.SAMPLED_OUT if reason == _SAMPLED_OUT else End.WITHHELD
            end = _explained.__dict__.pop("end", end)
            if end is not None:
                self._ledger.accept(signal, quantity)
                self._ledger.end(signal, end, quantity)

    def flush(self, timeout: float, callback: Callable[[int, float], None] | None = None) -> None:  # noqa: ARG002  # the SDK's signature
        """Deliver what is queued within some seconds."""
        with self._guard:
            self._lane.flush(timeout)
