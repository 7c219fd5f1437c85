"""Release health: requests, counted by the minute and by how they ended, told to Sentry as its sessions.

The SDK's own counting would need its middleware around each request, a thread of its own that outlives the pipeline
and a look at each event, and events of a flood are never built. Here nothing of a request is kept but its end.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from telemetry.delivery.parcel import Parcel
from telemetry.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from telemetry.delivery.courier import Courier
    from telemetry.identity import Identity
    from telemetry.ledger import Ledger

EVERY: Final = 30.0
"""Seconds between two envelopes; what a killed process had counted since the last one is lost."""
SIGNAL: Final = "session"
ITEM: Final = "sessions"
_EXITED, _ERRORED, _CRASHED = "exited", "errored", "crashed"


class Session:
    """Around one request: counted when it ends, in the minute in which it began."""

    __slots__ = ("_before", "_sessions", "end", "minute")

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._before: Session | None = None
        self.minute = int(time.time()) // 60
        self.end = _EXITED

    def __enter__(self) -> None:
        self._before = _running.get()
        _running.set(self)

    def __exit__(self, *_error: object) -> None:
        _running.set(self._before)
        self._sessions.count(self)


_running: ContextVar[Session | None] = ContextVar("continuum_session", default=None)


def note_error(*, handled: bool) -> None:
    """An error belongs to the running request, whether or not an event is made of it."""
    session = _running.get()
    if session is not None and session.end != _CRASHED:
        session.end = _ERRORED if handled else _CRASHED


class Sessions:
    """Counts requests and gives a courier what was counted; safe from any thread."""

    def __init__(
        self, ledger: Ledger, courier: Courier, identity: Callable[[], Identity], wake: Callable[[], None]
    ) -> None:
        self._ledger = ledger
        self._courier = courier
        self._identity = identity
        self._wake = wake
        self._guard = Guard(ledger, "sessions")
        self.start_anew()

    def start_anew(self) -> None:
        """Forget what was counted: in the child of a fork, whose parent tells it."""
        self._lock = threading.RLock()  # a signal handler that shuts down may come in between
        self._ended: Counter[tuple[int, str]] = Counter()
        self._last = time.monotonic()

    def request(self) -> Session:
        """What stands around one request."""
        return Session(self)

    def count(self, session: Session) -> None:
        """A request has ended."""
        with self._guard:
            with self._lock:
                self._ended[session.minute, session.end] += 1
            self._wake()

    def sweep(self, older_than: float) -> None:
        """Send what is new; the sender calls this now and then, and with 0 when it is flushed."""
        now = time.monotonic()
        if older_than and now - self._last < EVERY:
            return
        with self._lock:
            self._last = now
            ended, self._ended = self._ended, Counter()
        identity = self._identity()
        if ended and identity.release is not None:  # without a release they are nobody's health
            parcel = Parcel.of(SIGNAL, ended.total(), _envelope(ended, identity))
            self._ledger.accept(SIGNAL, parcel.quantity)
            self._courier.give(parcel)


def _envelope(ended: Counter[tuple[int, str]], identity: Identity) -> bytes:
    """An envelope of one item with the counts of each minute."""
    minutes: dict[int, dict[str, str | int]] = {}
    for (minute, end), quantity in sorted(ended.items()):
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(minute * 60))
        minutes.setdefault(minute, {"started": started})[end] = quantity
    sessions = {
        "attrs": {"release": identity.release, "environment": identity.environment},
        "aggregates": list(minutes.values()),
    }
    payload = json.dumps(sessions, separators=(",", ":")).encode()
    item = {"type": ITEM, "content_type": "application/json", "length": len(payload)}
    return b"\n".join((b"{}", json.dumps(item).encode(), payload, b""))
