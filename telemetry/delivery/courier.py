"""Takes parcels to one backend, on a thread of its own; what can't be taken now waits in memory or on disk.

Each backend has a courier, so that one that never answers holds up no other.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.instrumentation.utils import suppress_instrumentation

from telemetry.delivery.backlog import Backlog
from telemetry.delivery.bell import Bell
from telemetry.delivery.complaints import Complaints
from telemetry.delivery.cutting import smaller
from telemetry.delivery.exchange import Answer, Connection, Reply
from telemetry.delivery.limits import Breaker, Limits
from telemetry.delivery.shelf import Shelf
from telemetry.guard import Guard
from telemetry.ledger import End, Ledger

if TYPE_CHECKING:
    from telemetry.delivery.cutting import Cutter
    from telemetry.delivery.parcel import Parcel
    from telemetry.delivery.spool import Claim, Spool
    from telemetry.delivery.target import Target

logger = logging.getLogger(__name__)

MOST_BYTES: Final = 8 << 20
"""Bytes of packed parcels that wait in memory."""
LONGEST_KEPT: Final = 300.0
"""Seconds for which a parcel waits in memory; on disk the spool decides."""
LARGEST: Final = 1_000_000
"""Bytes of a body before compression: what Sentry and collectors take for certain."""
SMALLEST: Final = 4_096
DENIED_FOR: Final = 300.0
"""Seconds until a backend that refused our credentials is asked again."""
_NO_EXCHANGE: Final = Reply(Answer.LATER, "no exchange")


class Courier:
    """Owns one backend's connection, what waits for it, and the thread that delivers."""

    def __init__(
        self,
        name: str,
        target: Target,
        connection: Connection,
        cutter: Cutter,
        ledger: Ledger,
        *,
        spool: Spool | None = None,
        most_bytes: int = MOST_BYTES,
        longest_kept: float = LONGEST_KEPT,
    ) -> None:
        self.name = name
        self.target = target
        self._connection, self._cutter, self._ledger = connection, cutter, ledger
        self._shelf = Shelf(name, spool)
        self._most_bytes, self._longest_kept = most_bytes, longest_kept
        self._guard = Guard(ledger, f"{name} delivery")
        self._reset()

    def _reset(self) -> None:
        self.largest = LARGEST
        """Bytes of a body that the backend takes, as far as it has shown."""
        self._lock = threading.RLock()
        self._delivering = threading.Lock()
        self._wake = Bell()
        self._settled = Bell()
        self._backlog = Backlog(self._most_bytes, self._longest_kept)
        self._carrying: Parcel | None = None
        self._running = self._stopped = False
        self._deadline: float | None = None
        self._limits = Limits(self.target.categories)
        self._breaker = Breaker()
        self._denied_until = 0.0
        self._complaints = Complaints(self.name)
        self._shelf.start_anew()

    # --- called by the sender ---

    def give(self, parcel: Parcel) -> None:
        """Take charge of a parcel; it ends in exactly one way."""
        with self._lock:
            now = time.monotonic()
            if self._limits.until(parcel.signal) > now + self.longest_kept:
                self._end(parcel, End.RATE_LIMITED)
            elif now < self._denied_until:
                self._end(parcel, End.REJECTED)
            elif (self._stopped or self._is_troubled(parcel.signal)) and self._spooled(parcel):
                self.start()
            elif self._stopped:
                self._end(parcel, End.LOST_AT_SHUTDOWN)
            elif self._backlog.put(parcel):
                self.start()
                self._wake.set()
            elif not self._spooled(parcel):
                self._end(parcel, End.QUEUE_FULL)

    @property
    def longest_kept(self) -> float:
        """Seconds for which a parcel that can't be sent is kept."""
        return self._shelf.longest_kept or self._longest_kept

    @property
    def waiting(self) -> int:
        """How many parcels are in this process's charge, those on disk aside."""
        return len(self._backlog) + (self._carrying is not None)

    def status(self) -> dict[str, Any]:
        """How this backend does, for people."""
        parcels, size = self._shelf.waiting()
        return {
            "to": self.target.host,
            "circuit": self._breaker.state,
            "trouble": self._complaints.last or None,
            "waiting_parcels": self.waiting,
            "spooled_parcels": parcels,
            "spooled_bytes": size,
        }

    def start(self) -> None:
        """Start the thread when it isn't running; cheap when it is."""
        if self._running or self._stopped:
            return
        with self._lock:
            if not self._running:
                thread = threading.Thread(
                    target=self._run, name=f"continuum-telemetry {self.name}", daemon=True
                )
                # Now already: a signal handler that comes in between must not start another one.
                self._running = True
                try:
                    thread.start()
                except RuntimeError:  # the interpreter is going down; hurry() still delivers then
                    self._running = False

    def resume(self) -> None:
        """Deliver what an earlier run left on disk."""
        if self._shelf.waiting()[0]:
            self.start()
            self._wake.set()

    def hurry(self, deadline: float) -> None:
        """Deliver at once, without waiting for a back-off to end; ``is_settled`` waits for it."""
        with self._lock:
            if self._stopped or self._is_idle():
                self._settled.set()  # no thread for nothing, and none after the end
                return
            self._settled.clear()
            self._deadline = max(deadline, self._deadline or deadline)
        self.start()
        if self._running:
            self._wake.set()
        elif self._delivering.acquire(blocking=False):  # otherwise somebody else does it
            try:
                with suppress_instrumentation(), self._guard:
                    self._deliver()
            finally:
                self._delivering.release()
            self._settled.set()

    def _is_idle(self) -> bool:
        return not (self._running or self.waiting or self._shelf.waiting()[0])

    def is_settled(self, deadline: float) -> bool:
        """Wait until a hurry has got as far as it can; whether nothing is left, neither here nor on disk."""
        self._settled.wait(max(0.0, deadline - time.monotonic()))
        return not self.waiting and not self._shelf.waiting()[0]

    def stop(self) -> None:
        """Deliver nothing more; what is left goes to disk, or is counted as lost."""
        with self._lock:
            self._stopped = True
            left = self._backlog.take_all()
            if self._carrying is not None:
                left.insert(0, self._carrying)
                self._carrying = None
            for parcel in left:
                if not self._spooled(parcel):
                    self._end(parcel, End.LOST_AT_SHUTDOWN)
        self._wake.set()
        self._settled.set()

    def forget(self) -> None:
        """Drop everything uncounted, in the child of a fork: the parent has it."""
        self._reset()
        self._shelf.forget_handles()
        self._connection.renew()

    # --- the thread ---

    def _run(self) -> None:
        # What this thread sends is not itself traced.
        with suppress_instrumentation():
            while not self._stopped:
                self._wake.wait(self._pause())
                self._wake.clear()
                with self._guard, self._delivering:
                    self._deliver()
                with self._lock:
                    if self._deadline is None:  # otherwise a hurry came in between
                        self._settled.set()
        self._connection.close()

    def _pause(self) -> float | None:
        """Seconds until there may be something to do; None when only a new parcel can bring it."""
        with self._lock:
            due = [self._limits.until(signal) for signal in self._backlog.signals]
        on_disk = self._shelf.due(self._limits)
        if on_disk is not None:
            due.append(on_disk)
        if not due:
            return None
        return max(0.0, max(self._breaker.until, min(due)) - time.monotonic())

    def _deliver(self) -> None:
        """Deliver until nothing waits, or the backend has to be left alone."""
        with self._lock:
            deadline, self._deadline = self._deadline, None
        if deadline is None and time.monotonic() < self._breaker.until:
            return
        while not self._stopped and (deadline is None or time.monotonic() < deadline):
            fresh = self._next_fresh()
            if fresh is not None and not self._send(fresh, None, deadline):
                return
            # By turns, so that neither keeps the other waiting.
            claim = self._shelf.take(self._limits)
            if claim is not None and not self._send(claim.parcel, claim, deadline):
                return
            if fresh is None and claim is None:
                return

    def _next_fresh(self) -> Parcel | None:
        """The first parcel in memory that its backend wants now; what is too old expires."""
        with self._lock:
            now = time.monotonic()
            for parcel in self._backlog.take_expired():
                self._end(parcel, End.EXPIRED)
            self._carrying = self._backlog.take(lambda signal: self._limits.until(signal) <= now)
            return self._carrying

    def _send(self, parcel: Parcel, claim: Claim | None, deadline: float | None) -> bool:
        """One exchange; False when the backend has to be left alone now."""
        reply = _NO_EXCHANGE
        with self._guard:
            # Whoever hurries the thread waits no longer than he wants; to hang up on the backend would only make
            # it get the same again. Where there is no thread, it is the caller himself who would wait.
            reply = self._connection.post(parcel, None if self._running else deadline)
        with self._lock:
            if claim is None:
                if self._carrying is None:  # the shutdown did not wait for this answer
                    return False
                self._carrying = None
            self._limits.heed(reply.limits)
            if reply.answer is Answer.LATER:
                return self._keep(parcel, claim, reply)
            if claim is not None and reply.answer is Answer.DENIED:
                claim.release()  # with other credentials it may be taken
                self._deny(reply)
                return False
            if claim is not None:
                self._ledger.replayed(parcel.signal, parcel.quantity)
                claim.done()
                if reply.answer is Answer.TAKEN:
                    self._shelf.delivered(parcel.quantity)
            self._settle(parcel, reply)
            return reply.answer is not Answer.DENIED

    def _keep(self, parcel: Parcel, claim: Claim | None, reply: Reply) -> bool:
        """Wait with a parcel, and with what waits behind it: a kill would lose it here, but not on disk.

        Returns:
            Whether the backend may be asked for the rest, because only this signal isn't wanted.

        """
        now = time.monotonic()
        is_limited = self._limits.until(parcel.signal) > now
        if not is_limited:
            self._breaker.failed()
        self._complaints.say(f"not taken by {self.target.host} ({reply.detail}); it is kept and tried again")
        left = self._backlog.take_all()
        if claim is None:
            left.insert(0, parcel)
        else:
            claim.release()
        kept = []
        for waiting in left:
            if self._limits.until(waiting.signal) > now + self.longest_kept:
                self._end(waiting, End.RATE_LIMITED)
            elif not self._is_troubled(waiting.signal) or not self._spooled(waiting):
                kept.append(waiting)
        self._backlog.put_first(kept)
        return is_limited

    def _settle(self, parcel: Parcel, reply: Reply) -> None:
        self._breaker.succeeded()
        if reply.answer is Answer.TAKEN:
            self._denied_until = 0.0
            rejected = min(reply.rejected, parcel.quantity)
            self._ledger.end(parcel.signal, End.DELIVERED, parcel.quantity - rejected)
            self._ledger.end(parcel.signal, End.REJECTED, rejected)
            self._complaints.withdraw()
            self.largest = min(LARGEST, self.largest + self.largest // 8)
        elif reply.answer is Answer.TOO_LARGE:
            self._cut(parcel, reply)
        elif reply.answer is Answer.DENIED:
            self._end(parcel, End.REJECTED)
            self._deny(reply)
        else:
            self._end(parcel, End.REJECTED)
            self._complaints.say(f"refused by {self.target.host}: {reply.detail}")

    def _deny(self, reply: Reply) -> None:
        """Ask nothing of a backend that doesn't know us, and keep nothing for it."""
        self._complaints.say(f"our credentials are refused by {self.target.host}: {reply.detail}")
        self._denied_until = self._breaker.until = time.monotonic() + DENIED_FOR
        for parcel in self._backlog.take_all():
            self._end(parcel, End.REJECTED)

    def _cut(self, parcel: Parcel, reply: Reply) -> None:
        """Try smaller bodies, and make none as large again for a while."""
        self.largest = max(SMALLEST, min(self.largest, parcel.size // 2))
        parts: list[Parcel] = []
        with self._guard:
            parts = smaller(parcel, self._cutter)
        if parts:
            self._backlog.put_first(parts)
        else:
            self._end(parcel, End.TOO_LARGE)
            self._complaints.say(f"refused by {self.target.host}: {reply.detail}")

    # --- what both need ---

    def _is_troubled(self, signal: str) -> bool:
        return self._breaker.failures > 0 or self._limits.until(signal) > time.monotonic()

    def _spooled(self, parcel: Parcel) -> bool:
        if not self._shelf.put(parcel):
            return False
        self._end(parcel, End.SPOOLED)
        return True

    def _end(self, parcel: Parcel, end: End) -> None:
        self._ledger.end(parcel.signal, end, parcel.quantity)
