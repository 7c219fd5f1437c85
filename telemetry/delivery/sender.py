"""One background thread that takes items from bounded queues, scrubs, encodes and delivers them.

The application's threads only append to a queue. Everything else happens here: the gate stands in front of
the encoder, inside a guard, so what can't be scrubbed is not sent.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from opentelemetry.instrumentation.utils import suppress_instrumentation

from telemetry.delivery.exchange import Answer, Connection, Reply, Target
from telemetry.guard import Guard
from telemetry.ledger import End, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from telemetry.trace_scope import TraceScope

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
logger = logging.getLogger(__name__)

IDLE_TICK: Final = 5.0
HELD_TOO_LONG: Final = 10.0
"""Seconds after which what is held upstream goes ahead: a stream that lasts for hours is seen while it lasts."""
_jitter: Final = random.Random()  # of its own: the application may have seeded the shared one
FIRST_BACKOFF: Final = 1.0
LONGEST_BACKOFF: Final = 30.0
LONGEST_KEPT: Final = 300.0
"""Seconds for which a batch is tried again before it expires."""


class Exporter(Protocol[T_contra]):
    """How items of one kind are scrubbed, encoded and counted."""

    name: str
    target: Target

    def signal(self, item: T_contra) -> str:
        """The ledger's name for an item's kind."""

    def gate(self, item: T_contra, scope: TraceScope | None) -> Any | None:
        """A clean copy of an item; None when it must not be sent."""

    def encode(self, clean: Sequence[Any]) -> bytes:
        """One body for some clean copies."""


class Lane(Generic[T]):
    """The bounded queue of one exporter, and what its backend said last."""

    def __init__(
        self,
        sender: Sender,
        exporter: Exporter[T],
        *,
        most: int = 4096,
        batch: int = 512,
        delay: float = 1.0,
    ) -> None:
        self._sender = sender
        self._exporter = exporter
        self._most, self._batch, self._delay = most, batch, delay
        self._connection = Connection(exporter.target)
        self._guard = Guard(sender.ledger, f"{exporter.name} delivery")
        self._queue: deque[tuple[T, TraceScope | None]] = deque()
        self._clean: deque[tuple[str, Any]] = deque()  # through the gate, and put back by a 413
        self._pending: list[tuple[str, Any]] = []  # the batch that is being sent
        self._batch_limit = batch
        self._due = 0.0
        self._not_before = 0.0
        self._backoff = 0.0
        self._troubled_since = 0.0
        self._last_trouble = ""

    # --- called by the application's threads ---

    def submit(self, items: Sequence[T], scope: TraceScope | None) -> None:
        """Queue accepted items; those for which there is no room are counted as lost."""
        was_empty = not self._queue
        for item in items:
            if self._sender.stopped:
                self._sender.ledger.end(self._exporter.signal(item), End.LOST_AT_SHUTDOWN)
            elif len(self._queue) >= self._most:
                self._sender.ledger.end(self._exporter.signal(item), End.QUEUE_FULL)
            else:
                self._queue.append((item, scope))
        if was_empty or len(self._queue) >= self._batch:
            if was_empty and self._backoff == 0.0:
                self._due = time.monotonic() + self._delay
            self._sender.wake()

    def ensure_running(self) -> None:
        """Start the sender's thread, so that held items are looked at now and then."""
        self._sender.start()

    def flush(self, timeout: float) -> bool:
        """Deliver everything queued within some seconds."""
        return self._sender.flush(timeout)

    # --- called by the sender's thread ---

    @property
    def waiting(self) -> int:
        """How many items wait here, in whatever state."""
        return len(self._queue) + len(self._clean) + len(self._pending)

    def next_due(self) -> float:
        """When there is something to do, in seconds of ``time.monotonic``."""
        if not self.waiting:
            return float("inf")
        if self._backoff == 0.0 and len(self._queue) >= self._batch:
            return self._not_before
        return max(self._due, self._not_before)

    def step(self, deadline: float | None = None, *, hurry: bool = False) -> bool:
        """Deliver one batch when it is time; True when that got on.

        ``hurry`` waits neither for more items nor for a back-off, but as long as the backend asked for.
        """
        now = time.monotonic()
        due = self._not_before if hurry else self.next_due()
        if not self.waiting or now < due:
            return False
        with self._guard:
            self._fill()
            return not self._pending or self._settle(self._post(deadline))
        return True

    def _fill(self) -> None:
        """Move items through the gate until a batch is full."""
        while self._clean and len(self._pending) < self._batch_limit:
            self._pending.append(self._clean.popleft())
        while self._queue and len(self._pending) < self._batch_limit:
            item, scope = self._queue.popleft()
            signal = self._exporter.signal(item)
            clean = None
            with self._guard:
                clean = self._exporter.gate(item, scope)
            if clean is None:
                self._sender.ledger.end(signal, End.WITHHELD)
            else:
                self._pending.append((signal, clean))

    def _post(self, deadline: float | None) -> Reply:
        try:
            body = self._exporter.encode([clean for _, clean in self._pending])
        except Exception:
            self._end_pending(End.WITHHELD)
            raise
        return self._connection.post(body, deadline)

    def _settle(self, reply: Reply) -> bool:
        """Do what a reply means; False when the same batch has to wait."""
        if reply.answer is Answer.TAKEN:
            self._end_pending(End.DELIVERED)
            self._calm()
            if reply.retry_after is not None:
                self._not_before = time.monotonic() + reply.retry_after
        elif reply.answer is Answer.LATER:
            self._wait(reply)
            return False
        elif reply.answer is Answer.TOO_LARGE and len(self._pending) > 1:
            self._batch_limit = len(self._pending) // 2
            self._clean.extendleft(reversed(self._pending[self._batch_limit :]))
            del self._pending[self._batch_limit :]
        else:
            self._end_pending(End.TOO_LARGE if reply.answer is Answer.TOO_LARGE else End.REJECTED)
            self._report(f"refused by {self._exporter.target.host}: {reply.detail}")
        return True

    def _wait(self, reply: Reply) -> None:
        now = time.monotonic()
        self._troubled_since = self._troubled_since or now
        if now - self._troubled_since > LONGEST_KEPT:
            self._end_pending(End.EXPIRED)
        self._backoff = min(LONGEST_BACKOFF, max(FIRST_BACKOFF, self._backoff * 2))
        self._due = now + self._backoff * _jitter.uniform(0.7, 1.0)
        if reply.retry_after is not None:
            self._not_before = now + reply.retry_after
        self._report(
            f"not taken by {self._exporter.target.host} ({reply.detail}); keeping up to {self._most} items"
        )

    def _calm(self) -> None:
        if self._last_trouble:
            logger.warning("telemetry: %s: delivering again", self._exporter.name)
        self._last_trouble = ""
        self._backoff = self._due = self._not_before = self._troubled_since = 0.0
        # One more at a time: after a 413 a limit that grows fast would be hit with every other body.
        self._batch_limit = min(self._batch, self._batch_limit + 1)

    def _report(self, trouble: str) -> None:
        """Say what is wrong once, not for each batch."""
        if trouble != self._last_trouble:
            logger.warning("telemetry: %s: %s", self._exporter.name, trouble)
        self._last_trouble = trouble

    def _end_pending(self, end: End) -> None:
        for signal, _ in self._pending:
            self._sender.ledger.end(signal, end)
        self._pending = []

    def abandon(self) -> None:
        """Count everything that still waits as lost at shutdown."""
        self._pending.extend(self._clean)
        self._clean.clear()
        self._end_pending(End.LOST_AT_SHUTDOWN)
        while self._queue:
            item, _ = self._queue.popleft()
            self._sender.ledger.end(self._exporter.signal(item), End.LOST_AT_SHUTDOWN)

    def forget(self) -> None:
        """Drop everything uncounted."""
        self._queue.clear()
        self._clean.clear()
        self._pending = []
        self._connection.renew()


class Sender:
    """Owns the lanes and the one daemon thread; the thread starts with the first item."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._guard = Guard(ledger, "sender")
        self._lanes: list[Lane[Any]] = []
        self._upstream: list[Callable[[float], None]] = []
        self._reset()

    def _reset(self) -> None:
        self._running = False
        self._lock = threading.RLock()
        self._stepping = threading.Lock()
        self._wake = threading.Event()
        self.stopped = False

    def add(self, lane: Lane[Any]) -> None:
        """Serve a lane."""
        self._lanes.append(lane)

    def sweep_with(self, sweep: Callable[[float], None]) -> None:
        """Call this now and then with an age in seconds, to hand on what is held upstream for longer."""
        self._upstream.append(sweep)

    def start(self) -> None:
        """Start the thread when it isn't running; cheap when it is."""
        with self._lock:
            if self._running or self.stopped:
                return
            thread = threading.Thread(target=self._run, name="continuum-telemetry", daemon=True)
            # Starting fails when the interpreter is going down; shutdown() still delivers then.
            with suppress(RuntimeError):
                thread.start()
                self._running = True

    def wake(self) -> None:
        """There is something to do."""
        self.start()
        if not self._wake.is_set():
            self._wake.set()

    def _run(self) -> None:
        # What this thread sends is not itself traced.
        with suppress_instrumentation():
            while not self.stopped:
                due = min((lane.next_due() for lane in self._lanes), default=float("inf"))
                self._wake.wait(max(0.0, min(IDLE_TICK, due - time.monotonic())))
                self._wake.clear()
                with self._guard, self._stepping:
                    self._sweep(HELD_TOO_LONG)
                    for lane in self._lanes:
                        lane.step()

    def _sweep(self, older_than: float) -> None:
        for sweep in self._upstream:
            sweep(older_than)

    def flush(self, timeout: float) -> bool:
        """Deliver everything on the calling thread within some seconds; True when nothing is left."""
        deadline = time.monotonic() + timeout
        self._sweep(0.0)
        # Before judging what is left: an item on its way through the gate stands in no queue.
        if not self._stepping.acquire(timeout=timeout):
            return False
        try:
            with suppress_instrumentation():
                # By turns, as long as any lane gets on: one that has to wait must not hold up the others.
                while time.monotonic() < deadline and sum(
                    lane.step(deadline, hurry=True) for lane in self._lanes
                ):
                    pass
        finally:
            self._stepping.release()
        return self._nothing_left()

    def _nothing_left(self) -> bool:
        return not any(lane.waiting for lane in self._lanes)

    def shutdown(self, timeout: float) -> None:
        """Deliver what is queued within some seconds, count the rest as lost, and stop the thread."""
        self.flush(timeout)
        self.stopped = True
        self._wake.set()
        if self._stepping.acquire(timeout=0.1):
            try:
                for lane in self._lanes:
                    lane.abandon()
            finally:
                self._stepping.release()

    def start_anew(self) -> None:
        """Forget what is queued, in the child of a fork: the parent still has it and sends it."""
        self._reset()
        for lane in self._lanes:
            lane.forget()
