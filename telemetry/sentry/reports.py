"""Tells Sentry what never reached it: the ledger's losses as client reports.

Source of the form: Sentry's protocol for client reports. What the server itself refused is not among them,
because it has counted that.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from telemetry.delivery.addresses import CATEGORIES
from telemetry.delivery.parcel import Parcel
from telemetry.ledger import End, Ledger

if TYPE_CHECKING:
    from collections.abc import Collection

    from telemetry.delivery.courier import Courier

EVERY: Final = 30.0
SIGNAL: Final = "client_report"
REASONS: Final = {
    End.SAMPLED_OUT: "sample_rate",
    End.WITHHELD: "event_processor",
    End.RATE_LIMITED: "ratelimit_backoff",
    End.QUEUE_FULL: "queue_overflow",
    End.EXPIRED: "cache_overflow",
    End.LOST_AT_SHUTDOWN: "network_error",
}


class ClientReports:
    """Gives a courier a report of what was lost since the one before."""

    def __init__(self, ledger: Ledger, courier: Courier, signals: Collection[str]) -> None:
        self._ledger = ledger
        self._courier = courier
        self._signals = [signal for signal in signals if signal in CATEGORIES]
        self.start_anew()

    def start_anew(self) -> None:
        """Forget what was told: in the child of a fork, whose ledger is empty too."""
        self._lock = threading.RLock()  # a signal handler that shuts down may come in between
        self._told: Counter[tuple[str, str]] = Counter()
        self._last = time.monotonic()

    def sweep(self, older_than: float) -> None:
        """Send what is new; the sender calls this now and then, and with 0 when it is flushed."""
        now = time.monotonic()
        if older_than and now - self._last < EVERY:
            return
        with self._lock:
            self._last = now
            lost = self._lost()
            new = lost - self._told
            self._told = lost
        if new:
            self._ledger.accept(SIGNAL)
            self._courier.give(Parcel.of(SIGNAL, 1, _envelope(new)))

    def _lost(self) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        for signal in self._signals:
            for end, reason in REASONS.items():
                found[CATEGORIES[signal][0], reason] += self._ledger.ended(signal, end)
        return found


def _envelope(lost: Counter[tuple[str, str]]) -> bytes:
    report = {
        "timestamp": time.time(),
        "discarded_events": [
            {"category": category, "reason": reason, "quantity": quantity}
            for (category, reason), quantity in lost.items()
        ],
    }
    payload = json.dumps(report, separators=(",", ":")).encode()
    item = {"type": SIGNAL, "content_type": "application/json", "length": len(payload)}
    return b"\n".join((b"{}", json.dumps(item).encode(), payload, b""))
