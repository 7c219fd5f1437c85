"""One background thread that takes items from bounded queues, through the gate, and packs them for couriers.

The application's threads only append to a queue. Everything else happens here: the gate stands in front of
the encoder, inside a guard, so what can't be scrubbed is not sent.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.instrumentation.utils import suppress_instrumentation

from telemetry.delivery.bell import Bell
from telemetry.guard import Guard
from telemetry.pace import paced

if TYPE_CHECKING:
    from collections.abc import Callable

    from telemetry.delivery.courier import Courier
    from telemetry.delivery.lane import Lane
    from telemetry.ledger import Ledger

IDLE_TICK: Final = 5.0
HELD_TOO_LONG: Final = 10.0
"""Seconds after which what is held upstream goes ahead: a stream that lasts for hours is seen while it lasts."""
BREATH: Final = 0.001
"""Seconds for which the thread steps back when somebody else wants to pack; a lock alone isn't fair."""
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
        self._packing = threading.RLock()  # a signal handler that shuts down may come in between
        self._is_wanted = False
        self._wake = Bell()
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

    def waiting(self) -> dict[str, int]:
        """How many items wait for the gate, by exporter."""
        return {lane.courier.name: lane.waiting for lane in self._lanes}

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
                # Now already: a signal handler that comes in between must not start another one.
                self._running = True
                try:
                    thread.start()
                except RuntimeError:  # the interpreter is going down; shutdown() still delivers then
                    self._running = False

    def wake(self) -> None:
        """There is something to do."""
        self.start()
        if not self._wake.is_set():
            self._wake.set()

    def _run(self) -> None:
        with suppress_instrumentation(), paced(self._fullness):
            while not self.stopped:
                due = min((lane.next_due() for lane in self._lanes), default=float("inf"))
                self._wake.wait(max(0.0, min(IDLE_TICK, due - time.monotonic())))
                self._wake.clear()
                if self._is_wanted:
                    time.sleep(BREATH)
                with self._packing:
                    self._sweep(HELD_TOO_LONG)
                    for lane in self._lanes:
                        try:
                            lane.pack()
                        except BaseException as error:  # this thread is ours: nobody's exit is meant for it
                            self.ledger.fault(f"sender: {type(error).__name__}")

    def _fullness(self) -> float:
        if self._is_wanted:  # somebody waits for this thread
            return 1.0
        return max((lane.fullness for lane in self._lanes), default=0.0)

    def _sweep(self, older_than: float) -> None:
        for sweep in self._upstream:
            with self._guard:
                sweep(older_than)

    def flush(self, timeout: float) -> bool:
        """Deliver everything within some seconds; True when nothing is left, neither here nor on disk."""
        deadline = time.monotonic() + timeout
        is_packed = self._pack_everything(deadline)
        for courier in self.couriers:
            courier.hurry(deadline)
        settled = [courier.is_settled(deadline) for courier in self.couriers]
        return is_packed and all(settled)

    def _pack_everything(self, deadline: float) -> bool:
        """Pack on the calling thread, which must not wait for another one to be given the processor."""
        # Before judging what is left: an item on its way through the gate stands in no queue.
        self._is_wanted = True
        is_mine = self._packing.acquire(timeout=max(0.0, deadline - time.monotonic()))
        self._is_wanted = False
        if not is_mine:
            return False
        done = []
        try:
            with suppress_instrumentation():
                self._sweep(0.0)
                for lane in self._lanes:
                    with self._guard:
                        done.append(lane.pack(until=deadline))
        finally:
            self._packing.release()
        return len(done) == len(self._lanes) and all(done)

    def shutdown(self, timeout: float) -> None:
        """Deliver what is queued within some seconds; what is left then goes to disk or is counted as lost."""
        deadline = time.monotonic() + timeout
        self.flush(timeout - min(1.0, timeout * TO_SPOOL))
        self._pack_everything(max(time.monotonic() + 0.1, deadline))
        self.stopped = True
        self._wake.set()
        for lane in self._lanes:
            lane.give_up()
        for courier in self.couriers:
            with self._guard:
                courier.stop()

    def start_anew(self) -> None:
        """Forget what is queued, in the child of a fork: the parent still has it and sends it."""
        self._reset()
        for lane in self._lanes:
            lane.forget()
            lane.courier.forget()
