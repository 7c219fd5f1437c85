"""The guard between telemetry and the application: an exception in telemetry stays there, and is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from telemetry.ledger import Ledger


class Guard:
    """A reusable context manager that keeps exceptions in and counts them under the name of its place.

    What forwards data stands *inside* the guarded block: when scrubbing fails, nothing is sent.
    ``KeyboardInterrupt``, ``SystemExit`` and cancellation pass: they belong to the application.
    """

    __slots__ = ("_ledger", "_place")

    def __init__(self, ledger: Ledger, place: str) -> None:
        self._ledger = ledger
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if kind is None or not issubclass(kind, Exception):
            return False
        self._ledger.fault(f"{self._place}: {kind.__name__}")
        return True
