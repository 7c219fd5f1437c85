"""The parcels that wait in memory for one backend: bounded in bytes and age, first come first served."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from telemetry.delivery.parcel import Parcel


class Backlog:
    """A queue of parcels. Its owner sees to it that one thread at a time is here."""

    def __init__(self, most_bytes: int, longest_kept: float) -> None:
        self._most_bytes = most_bytes
        self._longest_kept = longest_kept
        self._parcels: deque[Parcel] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._parcels)

    @property
    def signals(self) -> set[str]:
        """The signals of what waits."""
        return {parcel.signal for parcel in self._parcels}

    def put(self, parcel: Parcel) -> bool:
        """Append a parcel; False when there is no room."""
        if self._bytes + len(parcel.packed) > self._most_bytes:
            return False
        self._parcels.append(parcel)
        self._bytes += len(parcel.packed)
        return True

    def put_first(self, parcels: Iterable[Parcel]) -> None:
        """Put back what was taken from here before."""
        for parcel in reversed(list(parcels)):
            self._parcels.appendleft(parcel)
            self._bytes += len(parcel.packed)

    def take(self, is_wanted: Callable[[str], bool]) -> Parcel | None:
        """Take the first parcel whose signal is wanted."""
        for position, parcel in enumerate(self._parcels):
            if is_wanted(parcel.signal):
                return self._take(position)
        return None

    def take_expired(self) -> list[Parcel]:
        """Take what has waited for too long."""
        oldest = time.time() - self._longest_kept
        expired = []
        while self._parcels and self._parcels[0].created < oldest:
            expired.append(self._take(0))
        return expired

    def take_all(self) -> list[Parcel]:
        """Take everything."""
        return [self._take(0) for _ in range(len(self._parcels))]

    def _take(self, position: int) -> Parcel:
        parcel = self._parcels[position]
        del self._parcels[position]
        self._bytes -= len(parcel.packed)
        return parcel
