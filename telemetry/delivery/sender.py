"""One background thread that takes items from bounded queues, through the gate, and packs them for couriers.

The application's threads only append to a queue. Everything else happens here: the gate stands in front of
the encoder, inside a guard, so what can't be scrubbed is not sent.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.instrumentation.utils import suppress_instrumentation

from telemetry.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from telemetry.delivery.courier import Courier
    from telemetry.delivery.lane import Lane
    from telemetry.ledger import Ledger

IDLE_TICK: Final = 5.0
HELD_TOO_LONG: Final = 10.0
"""Seconds after which what is held upstream goes ahead: a stream that lasts for hours is seen while it lasts."""
TO_SPOOL: Final = 0.25
"""The share of a shutdown's time that is kept for writing what is left to disk, at most one second."""


class Sender:
    """Owns the lanes and their couriers; threads start with the first item."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._guard = Guard(ledger, "sender")
        self._lanes: list[Lane[Any]] = []
        self._upstream: list[Callable[[float], None]] = []
        self._reset()

    def _reset(self) -> None:
        self._running = False
        self._lock = threading.RLock()
        self._packing = threading.Lock()
        self._wake = threading.Event()
        self.stopped = False

    def add(self, lane: Lane[Any]) -> None:
        """Serve a lane."""
        self._lanes.append(lane)

    def sweep_with(self, sweep: Callable[[float], None]) -> None:
        """Call this now and then with an age in seconds, to hand on what is held upstream for longer."""
        self._upstream.append(sweep)

    @property
    def couriers(self) -> list[Courier]:
        """The couriers of all lanes."""
        return [lane.courier for lane in self._lanes]

    def resume(self) -> None:
        """Deliver what an earlier run left on disk."""
        for courier in self.couriers:
            with self._guard:
                courier.resume()

    def start(self) -> None:
        """Start the thread when it isn't running; cheap when it is."""
        if self._running or self.stopped:
            return
        with self._lock:
            if not self._running:
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
        with suppress_instrumentation():
            while not self.stopped:
                due = min((lane.next_due() for lane in self._lanes), default=float("inf"))
                self._wake.wait(max(0.0, min(IDLE_TICK, due - time.monotonic())))
                self._wake.clear()
                with self._guard, self._packing:
                    self._sweep(HELD_TOO_LONG)
                    for lane in self._lanes:
                        lane.pack()

    def _sweep(self, older_than: float) -> None:
        for sweep in self._upstream:
            sweep(older_than)

    def flush(self, timeout: float) -> bool:
        """Deliver everything within some seconds; True when nothing is left, neither here nor on disk."""
        deadline = time.monotonic() + timeout
        if not self._pack_everything(timeout):
            return False
        for courier in self.couriers:
            courier.hurry(deadline)
        settled = [courier.is_settled(deadline) for courier in self.couriers]
        return all(settled)

    def _pack_everything(self, timeout: float) -> bool:
        """Pack on the calling thread, which must not wait for another one to be given the processor."""
        # Before judging what is left: an item on its way through the gate stands in no queue.
        if not self._packing.acquire(timeout=max(0.0, timeout)):
            return False
        try:
            with suppress_instrumentation():
                self._sweep(0.0)
                for lane in self._lanes:
                    with self._guard:
                        lane.pack(everything=True)
        finally:
            self._packing.release()
        return True

    def shutdown(self, timeout: float) -> None:
        """Deliver what is queued within some seconds; what is left then goes to disk or is counted as lost."""
        deadline = time.monotonic() + timeout
        self.flush(timeout - min(1.0, timeout * TO_SPOOL))
        self._pack_everything(max(0.1, deadline - time.monotonic()))
        self.stopped = True
        self._wake.set()
        for courier in self.couriers:
            with self._guard:
                courier.stop()

    def start_anew(self) -> None:
        """Forget what is queued, in the child of a fork: the parent still has it and sends it."""
        self._reset()
        for lane in self._lanes:
            lane.forget()
            lane.courier.forget()
