"""A flag that threads wait for, and that a signal handler or a finalizer may raise at any moment."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import Any


class Bell:
    """What ``threading.Event`` does, without a lock that is held while Python runs.

    A handler may interrupt any of these methods, and what it does may need a lock of another thread's that rings
    this very bell: with a lock in common both would wait for ever. So each who waits has a lock of its own, and the
    list of them changes by operations that the interpreter doesn't divide.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: deque[Any] = deque()

    def is_set(self) -> bool:
        """Whether it was rung since it was last cleared."""
        return self._is_set

    def set(self) -> None:
        """Wake whoever waits, and whoever comes until it is cleared."""
        self._is_set = True  # first: who comes now sees it, or is seen
        while self._waiting:
            with suppress(IndexError):  # somebody else rings, too
                self._waiting.popleft().release()

    def clear(self) -> None:
        """Make those who come now wait."""
        self._is_set = False

    def wait(self, timeout: float | None) -> bool:
        """Wait until it is set, at most some seconds; whether it was rung."""
        if self._is_set:
            return True
        own = threading.Lock()
        own.acquire()
        self._waiting.append(own)
        rung = self.is_set() or own.acquire(timeout=-1 if timeout is None else max(0.0, timeout))
        with suppress(ValueError):  # who was rung for is no longer there
            self._waiting.remove(own)
        return rung or self.is_set()
