"""Tracebacks in the server's log without the exceptions' messages, which may hold what users wrote."""

from __future__ import annotations

import logging
import traceback

from continuum.core.errors import ContinuumError

# The frames next to the error; those above are the web framework's, the same for every request.
_FRAMES = 12


class WithholdMessages(logging.Filter):
    """Writes a record's traceback as places and types only; the exception itself stays on the record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Prepare the text that formatters would make from ``exc_info``; always lets the record through."""
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None and not record.exc_text:
            record.exc_text = "\n".join(_lines(record.exc_info[1]))
        return True


_FILTER = WithholdMessages()


def withhold_messages() -> None:
    """Let uvicorn's error log show where an unhandled error was raised, and not what its message says."""
    logging.getLogger("uvicorn.error").addFilter(_FILTER)


def _lines(error: BaseException) -> list[str]:
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        name = f"{type(current).__module__}.{type(current).__qualname__}"
        # Messages of our own errors are constant words.
        lines.append(
            f"{name}: {current}" if isinstance(current, ContinuumError) else f"{name} (message withheld)"
        )
        frames = traceback.extract_tb(current.__traceback__)
        lines.extend(f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames[-_FRAMES:])
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return lines
