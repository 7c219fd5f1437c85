"""A flag that threads wait for, and that a signal handler or a finalizer may raise at any moment."""

from __future__ import annotations

import threading


class Bell:
    """What ``threading.Event`` does, with a lock that the same thread may take again.

    An event's can't be: a handler that interrupts ``set`` and calls it, too, would wait for itself for ever.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._is_set = False

    def is_set(self) -> bool:
        """Whether it was rung since it was last cleared."""
        return self._is_set

    def set(self) -> None:
        """Wake whoever waits, and whoever comes until it is cleared."""
        with self._changed:
            self._is_set = True
            self._changed.notify_all()

    def clear(self) -> None:
        """Make those who come now wait."""
        self._is_set = False

    def wait(self, timeout: float | None) -> bool:
        """Wait until it is set, at most some seconds; whether it is."""
        with self._changed:
            return self._changed.wait_for(self.is_set, timeout)
