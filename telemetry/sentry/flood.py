"""Keeps a flood of the same error from becoming a flood of events: a token bucket for each fingerprint.

The first ones are kept, because they tell what began; the rest is counted.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Hashable

BURST: Final = 50
"""Events of one kind that pass at once."""
REFILL: Final = 5.0
"""Seconds after which one more passes."""
MOST_KINDS: Final = 1024


class Flood:
    """Token buckets by kind of event, the least recently seen forgotten first; safe from any thread."""

    def __init__(self, burst: int = BURST, refill: float = REFILL) -> None:
        self._burst = float(burst)
        self._refill = refill
        self.start_anew()

    def start_anew(self) -> None:
        """Forget what was seen, with a lock that nobody holds: in the child of a fork."""
        self._lock = threading.RLock()
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def admits(self, kind: Hashable) -> bool:
        """Whether an event of this kind may pass now."""
        key, now = hash(kind), time.monotonic()
        with self._lock:
            tokens, since = self._buckets.pop(key, (self._burst, now))
            tokens = min(self._burst, tokens + (now - since) / self._refill)
            passes = tokens >= 1.0
            self._buckets[key] = (tokens - 1.0 if passes else tokens), now
            if len(self._buckets) > MOST_KINDS:
                self._buckets.popitem(last=False)
        return passes


def kind_of(error: BaseException) -> Hashable:
    """What makes two exceptions the same error: their class, and the line that raised them."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = None if trace is None else (trace.tb_frame.f_code, trace.tb_lineno)
    return type(error), place


def kind_of_line(record: Any) -> Hashable:
    """What makes two log lines the same: the place that wrote them."""
    return record.name, record.pathname, record.lineno
