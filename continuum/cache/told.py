"""What telemetry is told about the cache of recall: how each lookup ended, and now and then that it fails."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import telemetry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPORT_SECONDS: Final = 60.0
"""One event in this time says that the cache fails; requests are served without it."""
_OUTCOME: Final = "continuum.memory.cache.outcome"


class Lookup:
    """One lookup; ``outcome`` is ``hit``, ``miss``, or ``bypass`` where no answer could be used."""

    __slots__ = ("outcome",)

    def __init__(self) -> None:
        self.outcome = "bypass"


class Told:
    """One cache's account to telemetry."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next_report = 0.0

    @contextmanager
    def lookup(self) -> Iterator[Lookup]:
        """Around a lookup, whose outcome is told at its end."""
        lookup = Lookup()
        with telemetry.part("recall.cache", noted=False) as part:
            try:
                yield lookup
            finally:
                labels = {_OUTCOME: lookup.outcome}
                part.set_attributes(labels)
                telemetry.measure("continuum.memory.cache.lookups", 1, unit="{lookup}", labels=labels)

    def failure(self, error: Exception) -> None:
        """Send an event for what the cache's client raised, or for an answer that can't be used: one a minute."""
        now = self._clock()
        if now < self._next_report:
            return
        self._next_report = now + REPORT_SECONDS
        telemetry.capture_exception(error, level="warning", tags={"operation": "cache"})
