"""Requests that nobody waits for any more: their span says so, and they are no errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry import trace

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_CANCELLED: Final = "cancelled"


def flag_cancelled(span: trace.Span | None = None) -> None:
    """Flag a span, by default the current one, as work that was broken off."""
    flagged = trace.get_current_span() if span is None else span
    if flagged.is_recording():  # one that has ended would complain in the log
        flagged.add_event(_CANCELLED)


def has_left(receive: Callable[[], Any]) -> bool:
    """Whether the client has gone away before it was answered, as far as the server tells.

    uvicorn does, on the object whose method ``receive`` is. Asking by ``receive()`` would wait for a client that
    stays, and take a message that the application has yet to read.
    """
    request = getattr(receive, "__self__", None)
    return getattr(request, "disconnected", False) is True
