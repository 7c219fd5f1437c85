"""Whose a file is: our user's, and nobody else's to write to; a claim's, while that holds the lock on it.

Nothing is believed that another user could have put there: bodies are posted with our credentials.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

try:
    from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
except ImportError:  # Windows
    HAS_LOCKS = False
else:
    HAS_LOCKS = True

if TYPE_CHECKING:
    from io import FileIO


def check_owner(status: os.stat_result, what: str) -> None:
    """See to it that only our user can have written there.

    Raises:
        OSError: others may write to it. It has no errno; its words name no path.

    """
    if status.st_uid != os.geteuid():
        raise OSError(f"{what} of another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise OSError(f"{what} that others may write to")


def lock(file: FileIO) -> None:
    """Lock a file without waiting.

    Raises:
        BlockingIOError: somebody else has it.
        OSError: it can't be locked.

    """
    flock(file, LOCK_EX | LOCK_NB)


def unlock(file: FileIO) -> None:
    """Free a file: closing it isn't enough, a child that was forked meanwhile would keep the lock.

    Raises:
        OSError: it can't be unlocked.

    """
    flock(file, LOCK_UN)


def open_locked(directory: int, name: str) -> FileIO:
    """Open a file of a directory, locked for this claim alone.

    Raises:
        BlockingIOError: somebody else has it.
        FileNotFoundError: it is gone.
        OSError: it can't be used. Without an errno: it must not be used.

    """
    # For writing, too: what can't be changed couldn't be deleted, and would be delivered for ever.
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.fdopen(os.open(name, flags, dir_fd=directory), "r+b", buffering=0)
    try:
        opened = os.fstat(file.fileno())
        if not stat.S_ISREG(opened.st_mode):
            raise OSError("foreign file")
        check_owner(opened, "file")
        lock(file)
        # Its last holder may have deleted it after we had opened it.
        if not os.path.samestat(opened, os.stat(name, dir_fd=directory, follow_symlinks=False)):
            raise FileNotFoundError(errno.ENOENT, "replaced")
    except BaseException:
        file.close()
        raise
    return file


def let_go(file: FileIO) -> None:
    """Unlock and close a file, as far as that can be done."""
    with suppress(OSError):
        unlock(file)
    with suppress(OSError):
        file.close()
