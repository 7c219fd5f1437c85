"""Token buckets in this process: how often each API key may ask."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_BUCKETS: Final = 10_000


@dataclass(frozen=True)
class Rate:
    """How fast a bucket fills, and how much it holds; both in requests."""

    per_second: float
    burst: int


@dataclass
class _Bucket:
    tokens: float
    at: float


class LocalBuckets:
    """A bucket for each name, full at first; safe to use from many threads."""

    answers_at_once: ClassVar[bool] = True

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, name: str) -> float:
        """Take one request out of the bucket; 0 when there was one, or else in how many seconds there is."""
        now, rate = self._clock(), self._rate
        with self._lock:
            bucket = self._buckets.get(name)
            if bucket is None:
                self._make_room(now)
                bucket = self._buckets[name] = _Bucket(float(rate.burst), now)
            bucket.tokens = min(rate.burst, bucket.tokens + (now - bucket.at) * rate.per_second)
            bucket.at = now
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return 0.0
            return (1 - bucket.tokens) / rate.per_second

    def _make_room(self, now: float) -> None:
        if len(self._buckets) < _MOST_BUCKETS:
            return
        seconds_to_fill = self._rate.burst / self._rate.per_second
        # A full bucket is like none.
        self._buckets = {
            name: bucket for name, bucket in self._buckets.items() if now - bucket.at < seconds_to_fill
        }
        if len(self._buckets) >= _MOST_BUCKETS:
            del self._buckets[min(self._buckets, key=lambda name: self._buckets[name].at)]
