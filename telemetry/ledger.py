"""What was accepted, delivered, withheld and lost, and why: counters that add up."""

from __future__ import annotations

import threading
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class End(StrEnum):
    """The one way in which an accepted item ends."""

    DELIVERED = "delivered"
    """The backend answered that it has it."""
    SAMPLED_OUT = "sampled_out"
    """The error sample rate left it out; unsampled traces never reach a gate."""
    WITHHELD = "withheld"
    """It could not be scrubbed, or its type is not on the allow-list, so it was not sent."""
    RATE_LIMITED = "rate_limited"
    """The same error came too often, or the backend wants none for longer than an item is kept."""
    QUEUE_FULL = "queue_full"
    """There was no room for it: not in the queue, or neither in memory nor on disk."""
    TOO_LARGE = "too_large"
    """Alone it is larger than the backend takes."""
    REJECTED = "rejected"
    """The backend refused it, and would again."""
    SPOOLED = "spooled"
    """It could not be sent and waits on disk, for this process or the next."""
    EXPIRED = "expired"
    """The backend stayed away for longer than an item is kept."""
    LOST_AT_SHUTDOWN = "lost_at_shutdown"
    """It was still queued when the shutdown deadline passed."""


class Ledger:
    """Counts items by signal and end; safe from any thread.

    Signals are ``span``, ``error``, ``transaction`` and the other envelope item types that pass the gate.
    """

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Zero everything, with a lock that nobody holds: in the child of a fork."""
        self._lock = threading.RLock()  # a signal handler may come in between
        self._accepted: Counter[str] = Counter()
        self._replayed: Counter[str] = Counter()
        self._ends: Counter[tuple[str, End]] = Counter()
        self._rules: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()

    def accept(self, signal: str, quantity: int = 1) -> None:
        """Count items that came to a gate."""
        with self._lock:
            self._accepted[signal] += quantity

    def end(self, signal: str, end: End, quantity: int = 1) -> None:
        """Count how accepted or replayed items ended."""
        if quantity == 0:
            return
        with self._lock:
            self._ends[signal, end] += quantity

    def replayed(self, signal: str, quantity: int) -> None:
        """Count items that came back from disk, spooled by this process or another."""
        with self._lock:
            self._replayed[signal] += quantity

    def ended(self, signal: str, end: End) -> int:
        """How many items of a signal ended in one way."""
        with self._lock:
            return self._ends[signal, end]

    def redacted(self, rules: Mapping[str, int]) -> None:
        """Add up how often each privacy rule acted."""
        if rules:
            with self._lock:
                self._rules.update(rules)

    def fault(self, place: str) -> None:
        """Count an exception that telemetry kept to itself."""
        with self._lock:
            self._faults[place] += 1

    def snapshot(self) -> dict[str, dict[str, int] | dict[str, dict[str, int]]]:
        """All counters; ``in_flight`` is what was accepted or replayed and has not ended."""
        with self._lock:
            ends: dict[str, dict[str, int]] = {}
            for (signal, end), quantity in sorted(self._ends.items()):
                ends.setdefault(signal, {})[end.value] = quantity
            return {
                "accepted": dict(self._accepted),
                "replayed": dict(self._replayed),
                "ended": ends,
                "in_flight": {
                    signal: quantity - sum(ends.get(signal, {}).values())
                    for signal, quantity in (self._accepted + self._replayed).items()
                },
                "redactions": dict(self._rules),
                "faults": dict(self._faults),
            }
