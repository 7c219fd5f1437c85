"""Puts the shapes of local variables into an event's frames: their values stay where they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from telemetry.privacy.shapes import shape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

MAX_FRAMES: Final = 60
MAX_VARIABLES: Final = 30
_MAX_EXCEPTIONS: Final = 20
_SECRET: Final = re.compile(
    r"auth|api_?key|credentials|mysql_pwd|passwd|password|private_?key|secret|token", re.IGNORECASE
)
"""Names whose values Sentry's ingest takes away, whatever they are; sentry-sdk 2 does so for some of them."""


def add_shapes(event: dict[str, Any], error: BaseException) -> None:
    """Give each frame of an event ``vars`` with shapes such as ``str len=532`` for its local variables.

    A secret's variable is left out: how long it is says something of it.
    """
    frames = {(path, line): frame for path, line, frame in _frames_of(error)}
    for value in (event.get("exception") or {}).get("values") or ():
        for shown in (value.get("stacktrace") or {}).get("frames") or ():
            frame = frames.get((shown.get("abs_path"), shown.get("lineno")))
            if frame is not None:
                found = list(frame.f_locals.items())[:MAX_VARIABLES]
                shown["vars"] = {name: shape(held) for name, held in found if not _SECRET.search(name)}


def _frames_of(error: BaseException) -> Iterator[tuple[str, int, FrameType]]:
    """File, line and frame of the innermost frames of an exception, its causes, contexts and members."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_EXCEPTIONS:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        trace, path = current.__traceback__, []
        while trace is not None:
            path.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno, trace.tb_frame))
            trace = trace.tb_next
        yield from path[-MAX_FRAMES:]
        waiting += [other for other in (current.__cause__, current.__context__) if other is not None]
        if isinstance(current, BaseExceptionGroup):
            waiting += BaseExceptionGroup.exceptions.__get__(current)
