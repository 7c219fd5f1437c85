"""The files that a message is compared with: which ones, in which order, and for how long they are read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from telemetry.privacy import literals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from telemetry.privacy.templates import TemplateIndex

MAX_FRAME_FILES: Final = 6
"""Files of frames that are read for a message, from the raise outwards."""
MAX_CLASS_FILES: Final = 4
"""Files of the exception's class and its bases that are read as well."""
READING_TIME: Final = 0.5
"""Seconds after which no further new file is read for a message; the next message finds them read."""


class Shelf:
    """The templates that a message is compared with besides the catalogue, read when they are asked for."""

    def __init__(self, sources: Sequence[str], class_files: Sequence[str]) -> None:
        self._pending = _paths(sources, class_files)
        self._read: list[TemplateIndex] = []
        self._until = time.monotonic() + READING_TIME

    def books(self) -> Iterator[TemplateIndex]:
        """Each file's templates, those of the innermost frame first."""
        at = 0
        while at < len(self._read) or self._next():
            yield self._read[at]
            at += 1

    def _next(self) -> bool:
        for path in self._pending:
            if literals.is_read(path) or time.monotonic() < self._until:
                self._read.append(literals.templates_in(path))
                return True
        return False


def _paths(sources: Sequence[str], class_files: Sequence[str]) -> Iterator[str]:
    frames = [path for path in dict.fromkeys(sources) if literals.loaded_module(path) is not None]
    yield from frames[:MAX_FRAME_FILES]
    yield from [path for path in class_files if path not in frames[:MAX_FRAME_FILES]][:MAX_CLASS_FILES]
