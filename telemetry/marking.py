"""Marks spans with exceptions, and exceptions as captured: each once, in a place that no code of theirs sees."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import Status, StatusCode

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_CAPTURED: Final = "__continuum_captured__"
_SPANS: Final = "__continuum_spans__"
_MOST_SPANS: Final = 64
# The slot itself: an exception's class may answer `getattr` and refuse `setattr` as it likes.
_SPACE: Final = BaseException.__dict__["__dict__"]
_claiming = threading.RLock()  # a signal handler may raise and capture in between


def claim(error: BaseException) -> bool:
    """Whether the caller is the first who captures an exception; of two at once only one is."""
    space = _space_of(error)
    with _claiming:
        first = _CAPTURED not in space
        space[_CAPTURED] = True
        return first


def give_back(error: BaseException) -> None:
    """Undo a claim that came to nothing: somebody else may have more luck."""
    _space_of(error).pop(_CAPTURED, None)


def mark_span(span: Span, error: BaseException) -> None:
    """Record an exception on a span and set its status, unless that was done for the same one already."""
    if not span.is_recording():
        return
    marked = _space_of(error).setdefault(_SPANS, [])
    span_id = span.get_span_context().span_id
    if span_id not in marked:
        marked.append(span_id)
        del marked[:-_MOST_SPANS]
        span.record_exception(error)
        span.set_status(Status(StatusCode.ERROR))


def _space_of(error: BaseException) -> dict[str, Any]:
    space: dict[str, Any] = _SPACE.__get__(error)
    return space
