"""The directory of a spool: how it is opened, and how whole files come into it.

A file appears by a rename, so it is whole though the process that wrote it be killed; nothing is synced, so a
power cut may tear it.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from telemetry.delivery.spool_lock import check_owner, lock, unlock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEMPORARY_KEPT: Final = 600.0
"""Seconds after which a temporary file is taken for that of a killed writer."""
_TEMPORARY: Final = re.compile(r"\.[0-9a-f]{12}\.tmp")


@contextmanager
def open_folder(path: Path, *, make: bool = False) -> Iterator[int]:
    """A descriptor of a directory that is ours alone to write to; parents that are missing are made with it.

    Raises:
        OSError: it can't be used. Without an errno: it must not be used.

    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        directory = os.open(path, flags)
    except FileNotFoundError:
        if not make:
            raise
        for each in (*reversed(path.parents), path):
            if not each.is_dir():
                each.mkdir(mode=0o700, exist_ok=True)
        directory = os.open(path, flags)
    try:
        check_owner(os.fstat(directory), "directory")
        yield directory
    finally:
        os.close(directory)


@contextmanager
def written(directory: int, content: bytes) -> Iterator[str]:
    """The name of a temporary file with this content, which is deleted at the end if it wasn't renamed.

    Raises:
        OSError: it can't be written, or not be locked.

    """
    name = f".{secrets.token_hex(6)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.fdopen(os.open(name, flags, 0o600, dir_fd=directory), "wb", buffering=0)
    try:
        with file:
            lock(file)  # where nothing can be locked nothing could be taken either
            left = memoryview(content)
            while left:
                left = left[file.write(left) :]
            unlock(file)
        yield name
    finally:
        with suppress(OSError):
            os.unlink(name, dir_fd=directory)


def is_temporary(name: str) -> bool:
    """Whether a file that isn't whole yet has such a name."""
    return _TEMPORARY.fullmatch(name) is not None


def clean_up(directory: int, name: str) -> None:
    """Delete the temporary file of a writer that was killed; if it lives after all, its put fails."""
    with suppress(OSError):
        changed = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mtime
        if abs(time.time() - changed) > TEMPORARY_KEPT:
            os.unlink(name, dir_fd=directory)
