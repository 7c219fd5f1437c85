"""When to stop asking a cache that fails, and how rarely to say so."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

FAILURES_BEFORE_OPEN = 3
OPEN_SECONDS = 5.0
LOG_SECONDS = 60.0


class Breaker:
    """Counts failures; after three in a row the cache is left alone for five seconds.

    When they are over one asks it, while the others go on without; a success closes the breaker.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, of: str = "recall cache") -> None:
        self._clock = clock
        self._of = of
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0
        self._next_log = 0.0
        self._unlogged = 0
        self.bypasses = 0

    @property
    def is_open(self) -> bool:
        """Whether the cache is being left alone now."""
        return self._clock() < self._open_until

    def allows(self) -> bool:
        """Whether to ask the cache; a bypass is counted when not."""
        if not self._open_until:
            return True
        now = self._clock()
        with self._lock:
            if now < self._open_until:
                self._count_bypass()
                return False
            self._open_until = now + OPEN_SECONDS
        return True

    def succeeded(self) -> None:
        """The cache answered."""
        if self._failures:
            with self._lock:
                self._failures, self._open_until = 0, 0.0

    def failed(self, error: BaseException) -> None:
        """The cache did not answer; at most once a minute a line says so, with the error's type only."""
        now = self._clock()
        with self._lock:
            self._count_bypass()
            self._failures += 1
            if self._failures >= FAILURES_BEFORE_OPEN:
                self._open_until = now + OPEN_SECONDS
            if now < self._next_log:
                return
            self._next_log = now + LOG_SECONDS
            unlogged, self._unlogged = self._unlogged, 0
        logger.warning("%s bypassed %d times, last because of %s", self._of, unlogged, type(error).__name__)

    def _count_bypass(self) -> None:
        self.bypasses += 1
        self._unlogged += 1
