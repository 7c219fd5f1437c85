"""Says what is wrong with a backend once, not for each parcel, and not each time that it comes and goes."""

from __future__ import annotations

import logging
import time
from typing import Final

logger = logging.getLogger(__name__)

SAID_AGAIN: Final = 60.0
"""Seconds after which the same trouble is worth another line in the log."""


class Complaints:
    """The log lines about one backend."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said: dict[str, float] = {}
        self._is_said = False
        self.last = ""
        """What is wrong now; empty when nothing is."""

    def say(self, trouble: str) -> None:
        """Something is wrong."""
        now = time.monotonic()
        if trouble != self.last:
            self._is_said = now >= self._said.get(trouble, now)
            if self._is_said:
                logger.warning("telemetry: %s: %s", self._name, trouble)
                self._said[trouble] = now + SAID_AGAIN
        self.last = trouble

    def withdraw(self) -> None:
        """Nothing is wrong any more."""
        if self.last and self._is_said:
            logger.warning("telemetry: %s: delivering again", self._name)
        self.last = ""
