"""What a backend has asked us to leave alone, and for how long one in trouble is left alone."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from telemetry.delivery.exchange import Limit

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
OPEN_AFTER: Final = 3
"""Failures in a row after which nothing but a single probe goes out at a time."""
_jitter: Final = random.Random()  # of its own: the application may have seeded the shared one


class Limits:
    """Until when which category is not wanted, in seconds of ``time.monotonic``."""

    def __init__(self, categories: Mapping[str, frozenset[str]]) -> None:
        self._categories = categories
        self._until: dict[str, float] = {}
        self._all = 0.0  # limits that name no category

    def heed(self, limits: Iterable[Limit]) -> None:
        """Note what a backend asked for; a shorter limit never ends a longer one."""
        now = time.monotonic()
        for limit in limits:
            until = now + limit.seconds
            if not limit.categories:
                self._all = max(self._all, until)
            for category in limit.categories:
                self._until[category] = max(until, self._until.get(category, 0.0))

    def until(self, signal: str) -> float:
        """Until when nothing of a signal is wanted; a time that has passed when it is."""
        named = (self._until.get(name, 0.0) for name in self._categories.get(signal, ()))
        return max((self._all, *named))

    def limited(self, now: float) -> frozenset[str]:
        """The signals with categories of their own that are not wanted now."""
        return frozenset(signal for signal in self._categories if self.until(signal) > now)


class Breaker:
    """Keeps a backend in trouble from being asked all the time: exponential pauses, with jitter.

    Closed while all is well. Each failure brings a pause; after ``OPEN_AFTER`` in a row it is open, and each
    pause ends with one probe: its success closes the breaker, its failure makes the next pause longer.
    """

    def __init__(self) -> None:
        self.failures = 0
        self.until = 0.0

    @property
    def state(self) -> str:
        """``closed``, ``open``, or ``half-open`` when the next parcel is a probe."""
        if self.failures < OPEN_AFTER:
            return "closed"
        return "open" if time.monotonic() < self.until else "half-open"

    def failed(self) -> None:
        """A backend was not there, or not well."""
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self.failures, 10))
        self.failures += 1
        self.until = time.monotonic() + pause * _jitter.uniform(0.7, 1.0)

    def succeeded(self) -> None:
        """A backend answered as it should."""
        self.failures = 0
        self.until = 0.0
