"""Lines of a file of any size, of which no more than is accepted is ever in memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from continuum.core.transfer import MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator


class LineReader:
    """The lines of a file, and how many bytes of it they were so far.

    Of a longer line than is accepted comes a piece that is too long, too.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.bytes_read = 0

    def __iter__(self) -> Iterator[bytes]:
        while line := self._file.readline(MAX_LINE_BYTES + 1):
            self.bytes_read += len(line)
            yield line

    @property
    def size(self) -> int:
        """Bytes of the whole file; 0 where nobody knows, as of a pipe."""
        try:
            return os.fstat(self._file.fileno()).st_size
        except OSError:
            return 0
