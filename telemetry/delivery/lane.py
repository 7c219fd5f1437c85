"""The bounded queue of one exporter: what the application's threads append to, and how it becomes parcels."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from telemetry.delivery.cutting import Cutter
from telemetry.delivery.parcel import Parcel
from telemetry.guard import Guard
from telemetry.ledger import End
from telemetry.pace import breathe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from telemetry.delivery.courier import Courier
    from telemetry.delivery.sender import Sender
    from telemetry.trace_scope import TraceScope

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

MOST_ITEMS: Final = 4096
MOST_BYTES: Final = 32 << 20
"""Bytes of queued items, by their exporter's estimate: few large items must not fill the memory either."""


class Exporter(Cutter, Protocol[T_contra]):
    """How items of one kind are scrubbed, encoded, made smaller and counted."""

    name: str

    def signal(self, item: T_contra) -> str:
        """The ledger's name for an item's kind."""

    def weight(self, item: T_contra) -> int:
        """About how many bytes an item keeps in memory; cheap, the application's threads ask."""

    def gate(self, item: T_contra, scope: TraceScope | None) -> Any | None:
        """A clean copy of an item; None when it must not be sent."""

    def encode(self, clean: Sequence[Any]) -> bytes:
        """One body for some clean copies."""


class Lane(Generic[T]):
    """Takes items from the application's threads and gives parcels to a courier."""

    def __init__(
        self,
        sender: Sender,
        exporter: Exporter[T],
        courier: Courier,
        *,
        most: int = MOST_ITEMS,
        most_bytes: int = MOST_BYTES,
        batch: int = 512,
        delay: float = 1.0,
    ) -> None:
        self.courier = courier
        self._sender = sender
        self._exporter = exporter
        self._most, self._most_bytes, self._batch, self._delay = most, most_bytes, batch, delay
        self._guard = Guard(sender.ledger, f"{exporter.name} gate")
        self.forget()

    # --- called by the application's threads ---

    def submit(self, items: Sequence[T], scope: TraceScope | None) -> None:
        """Queue accepted items; those for which there is no room are counted as lost."""
        was_empty = not self._queue
        for item in items:
            weight = None
            with self._guard:
                weight = self._exporter.weight(item)
            if weight is None:
                self._sender.ledger.end(self._exporter.signal(item), End.WITHHELD)
            elif self._sender.stopped:
                self._sender.ledger.end(self._exporter.signal(item), End.LOST_AT_SHUTDOWN)
            elif len(self._queue) >= self._most or self._bytes + weight > self._most_bytes:
                self._sender.ledger.end(self._exporter.signal(item), End.QUEUE_FULL)
            else:
                self._bytes += weight
                self._queue.append((item, scope, weight))
        if self._sender.stopped:
            self.give_up()
        elif was_empty or len(self._queue) >= self._batch:
            if was_empty:
                self._due = time.monotonic() + self._delay
            self._sender.wake()

    def ensure_running(self) -> None:
        """Start the sender's thread, so that held items are looked at now and then."""
        self._sender.start()

    def flush(self, timeout: float) -> bool:
        """Deliver everything queued within some seconds."""
        return self._sender.flush(timeout)

    # --- called by one thread at a time: the sender's, or one that flushes ---

    @property
    def waiting(self) -> int:
        """How many items are queued."""
        return len(self._queue)

    @property
    def fullness(self) -> float:
        """The part of the room for items that is taken."""
        return len(self._queue) / self._most

    def next_due(self) -> float:
        """When there is something to pack, in seconds of ``time.monotonic``."""
        if not self._queue:
            return float("inf")
        return 0.0 if len(self._queue) >= self._batch else self._due

    def pack(self, *, until: float | None = None) -> bool:
        """Turn what is due into parcels; whatever the backend does, nothing raw stays here for long.

        Args:
            until: pack what isn't due as well, up to this time, in seconds of ``time.monotonic``.

        Returns:
            Whether it came to the end of what there was.

        """
        # No more than there is now: an application that is faster than the gate would keep it here for ever.
        for _ in range(-(-len(self._queue) // self._batch)):
            now = time.monotonic()
            if now < self.next_due() if until is None else now >= until:
                return False
            for parcel in self._parcels(self._gated()):
                self.courier.give(parcel)
            self._due = time.monotonic() + self._delay
        return True

    def give_up(self) -> None:
        """Count what is queued as lost: nobody will pack it any more."""
        while self._queue:
            with suppress(IndexError):  # two may be here at once
                item, _, weight = self._queue.popleft()
                self._bytes -= weight
                self._sender.ledger.end(self._exporter.signal(item), End.LOST_AT_SHUTDOWN)

    def _gated(self) -> list[tuple[str, Any]]:
        """Move up to a batch of items through the gate."""
        gated: list[tuple[str, Any]] = []
        for _ in range(min(len(self._queue), self._batch)):
            breathe()
            try:
                item, scope, weight = self._queue.popleft()
            except IndexError:  # who shuts down may be quicker
                break
            self._bytes -= weight
            signal = self._exporter.signal(item)
            clean = None
            try:
                with self._guard:
                    clean = self._exporter.gate(item, scope)
            except BaseException:  # an exit that somebody asked for meanwhile; these go nowhere
                for other in [signal, *(signal for signal, _ in gated)]:
                    self._sender.ledger.end(other, End.WITHHELD)
                raise
            if clean is None:
                self._sender.ledger.end(signal, End.WITHHELD)
            else:
                gated.append((signal, clean))
        return gated

    def _parcels(self, gated: list[tuple[str, Any]]) -> Iterator[Parcel]:
        """As few parcels as can be, none larger than the backend takes, each of one signal."""
        if not gated:
            return
        signal = gated[0][0]
        half = len(gated) // 2
        body = None
        if all(other == signal for other, _ in gated):
            with self._guard:
                body = self._exporter.encode([clean for _, clean in gated])
        if body is not None and len(body) > self.courier.largest and not half:
            body = self._trimmed(body)
            if body is None:
                self._sender.ledger.end(signal, End.TOO_LARGE)
                return
        if body is not None and (len(body) <= self.courier.largest or not half):
            yield Parcel.of(signal, len(gated), body)
        elif half:
            yield from self._parcels(gated[:half])
            yield from self._parcels(gated[half:])
        else:  # alone, it can't be encoded
            self._sender.ledger.end(signal, End.WITHHELD)

    def _trimmed(self, body: bytes) -> bytes | None:
        """A single item's body, made as small as it has to be; None when it stays too large."""
        with self._guard:
            smaller = self._exporter.trim(body)
            return smaller if smaller is not None and len(smaller) <= self.courier.largest else None
        return None

    def forget(self) -> None:
        """Drop everything uncounted, in the child of a fork."""
        self._queue: deque[tuple[T, TraceScope | None, int]] = deque()
        self._bytes = 0
        self._due = 0.0
