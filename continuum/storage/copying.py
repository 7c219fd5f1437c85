"""Files of SQLite databases: copied, checked, and put where they belong, whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from continuum.core.errors import StorageError
from continuum.core.uuid7 import uuid7

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WAIT_SECONDS: Final = 1.0


@contextmanager
def draft_beside(target: Path) -> Iterator[Path]:
    """A private file beside the target, gone at the end whatever happens."""
    draft = target.with_name(f".{target.name}.{uuid7()}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        yield draft
    except (OSError, sqlite3.Error) as error:
        raise StorageError("the copy can't be written", path=target) from error
    finally:
        draft.unlink(missing_ok=True)
        remove_logs(draft)


def copy(source: Path, target: Path) -> None:
    """Write one state of a database over another; both files are there.

    Raises:
        StorageError: one of them is no database, or is in use for too long.

    """
    try:
        # Neither is made here: an empty file would pass for a database without anything.
        with closing(opened(source)) as old, closing(opened(target)) as new:
            # In one step: a copy in several begins again with each write of others.
            old.backup(new)
    except sqlite3.Error as error:
        raise StorageError("the database can't be copied") from error


def opened(path: Path) -> sqlite3.Connection:
    """A connection to a file that is there."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_WAIT_SECONDS)


def check(path: Path) -> None:
    """Look at the whole structure of a file.

    Raises:
        StorageError: it isn't sound.

    """
    try:
        with closing(opened(path)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise StorageError("the copy is damaged") from error
    if found != [("ok",)]:
        raise StorageError("the copy is damaged")


def refuse_while_used(path: Path) -> None:
    """See that nobody else has the database open: what others know of it would be wrong after it was replaced.

    Raises:
        StorageError: somebody has.

    """
    try:
        with closing(opened(path)) as connection:
            # Only possible for whoever is alone; folds a log that an unclean end left into the file.
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise StorageError("the database is in use: stop the service first") from error
    except sqlite3.DatabaseError:
        pass  # It is damaged, so that nobody uses it.


def settle(path: Path) -> None:
    """Leave one file of a copy, on the disk."""
    with closing(opened(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    _write_through(path)


def give_to_the_owner(draft: Path, target: Path) -> None:
    """Let whoever owns the target own the draft: the service may run as somebody else than who restores."""
    found = target.stat()
    with suppress(PermissionError):
        os.chown(draft, found.st_uid, found.st_gid)


def put(draft: Path, target: Path) -> None:
    """Let the draft be the target, at once and for good."""
    draft.replace(target)
    _write_through(target.parent)


def _write_through(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_logs(path: Path) -> None:
    """Delete what SQLite keeps beside a file."""
    for ending in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
