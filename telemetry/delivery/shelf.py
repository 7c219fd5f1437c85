"""What waits on disk for one backend, and when it is worth looking there."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from telemetry.delivery.limits import Limits
    from telemetry.delivery.parcel import Parcel
    from telemetry.delivery.spool import Claim, Spool

logger = logging.getLogger(__name__)

LOOK_FOR_OTHERS: Final = 30.0
"""Seconds between looks for what other processes left on disk."""


class Shelf:
    """A spool, or none. Its owner sees to it that one thread at a time puts and takes."""

    def __init__(self, name: str, spool: Spool | None) -> None:
        self._name = name
        self._spool = spool
        self.start_anew()

    def start_anew(self) -> None:
        """Forget what was seen there."""
        self._look_at = 0.0
        self._brought_back = 0

    def forget_handles(self) -> None:
        """Leave the parent's claims to it, in the child of a fork."""
        if self._spool is not None:
            self._spool.forget_handles()

    @property
    def longest_kept(self) -> float | None:
        """Seconds for which a parcel is kept; None where there is no spool."""
        return None if self._spool is None else self._spool.longest_kept

    def waiting(self) -> tuple[int, int]:
        """Parcels and bytes on disk, those of other processes too."""
        return (0, 0) if self._spool is None else self._spool.waiting()

    def put(self, parcel: Parcel) -> bool:
        """Write a parcel; False when that isn't possible."""
        if self._spool is None or not self._spool.put(parcel):
            return False
        self._look_at = 0.0
        return True

    def due(self, limits: Limits) -> float | None:
        """When to look again, in seconds of ``time.monotonic``; None where there is no spool."""
        return None if self._spool is None else max(self._look_at, limits.until(""))

    def take(self, limits: Limits) -> Claim | None:
        """The oldest parcel that the backend wants now, also one that another process left."""
        now, due = time.monotonic(), self.due(limits)
        if self._spool is None or due is None or now < due:
            return None
        limited = limits.limited(now)
        claim = self._spool.take(unless=limited)
        if claim is None:
            self._look_at = min([now + LOOK_FOR_OTHERS, *(limits.until(signal) for signal in limited)])
            if self._brought_back:
                logger.warning(
                    "telemetry: %s: %d items that waited on disk were delivered",
                    self._name,
                    self._brought_back,
                )
            self._brought_back = 0
        return claim

    def delivered(self, quantity: int) -> None:
        """Note that items which waited here have arrived; said when there are no more."""
        self._brought_back += quantity
