"""Keeps gRPC's calls and the process's forks apart.

A fork while any thread is inside gRPC's core leaves a child that may crash in it. So calls that are under way
are cancelled before a fork, and what they carried is sent again after it.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_HOLD: Final = 0.5
"""Seconds for which a fork waits at most for calls to end; a millisecond is usual."""


class Forks:
    """Makes forks wait for what must not be under way in them, and the other way round."""

    def __init__(self) -> None:
        self._watching = False
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._held = False
        self.under_way: set[Call] = set()

    def watch(self) -> None:
        """Be told of forks from now on."""
        if not self._watching and hasattr(os, "register_at_fork"):
            self._watching = True
            os.register_at_fork(before=self._hold, after_in_parent=self._go_on, after_in_child=self._reset)

    @contextmanager
    def apart(self, timeout: float) -> Iterator[bool]:
        """Make forks wait for what is done here; False when one is under way for all of some seconds."""
        lock = self._lock
        held = lock.acquire(timeout=max(0.0, timeout))
        try:
            yield held
        finally:
            if held:
                lock.release()

    def _hold(self) -> None:
        until = time.monotonic() + LONGEST_HOLD
        self._held = self._lock.acquire(timeout=LONGEST_HOLD)
        calls = list(self.under_way)
        for call in calls:
            call.rpc.cancel()
        for call in calls:
            call.ended.wait(max(0.0, until - time.monotonic()))

    def _go_on(self) -> None:
        if self._held:
            self._held = False
            self._lock.release()


class Call:
    """A call that is under way until it has ended, whether or not anybody waits for it."""

    def __init__(self, rpc: Any) -> None:
        self.rpc = rpc
        """The ``grpc.Future`` of the call, which is a ``grpc.Call`` as well."""
        self.ended = threading.Event()
        forks.under_way.add(self)
        rpc.add_done_callback(self._end)

    def _end(self, _: Any) -> None:
        forks.under_way.discard(self)
        self.ended.set()

    def give_up(self) -> None:
        """Nobody waits for it any longer."""
        if not self.ended.is_set():
            with forks.apart(LONGEST_HOLD):
                self.rpc.cancel()


forks: Final = Forks()
"""A process forks as a whole, so all connections share this."""
