"""Which parcels are in a spool, and which of them is next, as far as the last listing tells."""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from telemetry.delivery.spool_file import SUFFIX, Label
from telemetry.delivery.spool_folder import clean_up, is_temporary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from telemetry.delivery.spool_trouble import Troubles

LOOK_INTERVAL: Final = 1.0
"""Seconds between two listings of a directory that has parcels; a change in an empty one is seen at once."""
LOOK_ANYWAY: Final = 60.0
"""Seconds after which it is listed although nothing seems to have changed."""
COARSEST_MTIME: Final = 2 * 10**9
"""Nanoseconds: a directory that changed so recently may change again without a new modification time."""


class Listing:
    """What is known of a spool's files. Safe from any thread."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles
        # Around what is remembered only, never around input and output; a signal handler may come in between.
        self._lock = threading.RLock()
        self._there: dict[str, Label] = {}  # what is on disk
        self._queues: dict[str, list[Label]] = {}  # what of that may be taken, by signal, oldest first
        self._aside: set[str] = set()  # names of files that are no good, and can't or mustn't be deleted
        self._seen: int | None = None
        self._look_at = float("-inf")
        self.occupied = 0
        """Bytes that all files together occupy on disk, in whole blocks."""

    def look(self, directory: int) -> None:
        """List a directory, by its descriptor, when it has changed, and not too often.

        Raises:
            OSError: it can't be listed.

        """
        changed = os.fstat(directory).st_mtime_ns
        start = time.monotonic()
        with self._lock:
            early = any(self._queues.values()) and start < self._look_at
            if early or (changed == self._seen and start < self._look_at + LOOK_ANYWAY):
                return
        settled = abs(time.time_ns() - changed) > COARSEST_MTIME
        there: dict[str, Label] = {}
        for name in sorted(os.listdir(directory)):
            if is_temporary(name):
                clean_up(directory, name)
            elif name.endswith(SUFFIX) and name not in self._aside:
                label = self._there.get(name) or Label.read(name)
                if label is None:
                    self.set_aside(name, "foreign file")
                else:
                    there[name] = label
        self._remember(there, changed if settled else None)
        now = time.monotonic()
        self._look_at = now + max(LOOK_INTERVAL, 50 * (now - start))

    def clear(self) -> None:
        """Know that nothing is there."""
        self._remember({}, None)

    def _remember(self, there: dict[str, Label], seen: int | None) -> None:
        """Know these labels, which are sorted by age, and the modification time of the directory that has them."""
        queues: dict[str, list[Label]] = {}
        for label in there.values():
            queues.setdefault(label.signal, []).append(label)
        occupied = sum(label.occupied for label in there.values())
        with self._lock:
            self._there, self._queues, self.occupied, self._seen = there, queues, occupied, seen

    def totals(self) -> tuple[int, int]:
        """How many parcels are there, and the bytes that they occupy."""
        with self._lock:
            return len(self._there), self.occupied

    def pop(self, unless: Collection[str] = (), horizon: float = 0.0) -> Label | None:
        """Pick the oldest label whose signal is not in ``unless``, or an older one from before the horizon.

        Args:
            unless: signals that are passed over.
            horizon: microseconds since the epoch; what was created before has to go, whatever its signal.

        """
        with self._lock:
            heads = [queue[0] for queue in self._queues.values() if queue]
            allowed = [head for head in heads if head.signal not in unless or head.created < horizon]
            if not allowed:
                return None
            label = min(allowed)
            del self._queues[label.signal][0]
            return label

    def offer(self, labels: Iterable[Label]) -> None:
        """Let these be picked."""
        with self._lock:
            for label in labels:
                if label.name not in self._there:
                    self._there[label.name] = label
                    self.occupied += label.occupied
                queue = self._queues.setdefault(label.signal, [])
                at = bisect_left(queue, label)
                if queue[at : at + 1] != [label]:
                    queue.insert(at, label)

    def forget(self, name: str) -> None:
        """It is no longer there, or no longer of interest."""
        with self._lock:
            label = self._there.pop(name, None)
            if label is not None:
                self.occupied -= label.occupied

    def set_aside(self, name: str, trouble: str) -> None:
        """Never again offer a file that is no good."""
        self.forget(name)
        self._aside.add(name)
        self._troubles.report(trouble)
