"""Copies of a SQLite database: taken while it is used, and put back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from continuum.core.errors import StorageError
from continuum.core.uuid7 import uuid7
from continuum.storage.sqlite import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import sqlalchemy as sa

# Secrets under which others may still hold what this database has never said.
_OF_ITS_OWN = "recall-cache"


def back_up(source: Path, target: Path) -> None:
    """Write one state of the database into a file for its owner alone (0600); others may write meanwhile.

    The file is there when it is whole and sound, and not before.

    Raises:
        FileExistsError: there is a file already.
        StorageError: the copy can't be written, or isn't sound.

    """
    if target.exists():
        raise FileExistsError
    with _draft(target) as draft:
        _copy(source, draft)
        _settle(draft)
        draft.replace(target)


def restore(source: Path, target: Path, *, replace: bool = False) -> None:
    """Make the database what it was when the copy was taken; a copy of an older version is migrated.

    What was learned since is not there any more, so this is another instance from then on: what it counts
    again is not taken by others for what it counted then. Keys that were made since are unknown again, and
    keys that were revoked since work again.

    Raises:
        FileExistsError: there is a database, and ``replace`` isn't set.
        StorageError: the copy isn't one of ours, isn't sound, or can't be written.

    """
    if target.exists() and not replace:
        raise FileExistsError
    if not source.is_file():
        raise StorageError("there is no such copy", path=source)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _draft(target) as draft:
        _copy(source, draft)
        _recognise(draft)
        database = open_file(draft)
        try:
            with database.write() as connection:
                _begin_anew(connection)
        finally:
            database.close()
        _settle(draft)
        # Through SQLite, not by renaming: a log that an unclean end left beside the old file would be taken for
        # that of the new one.
        is_new = not target.exists()
        os.close(os.open(target, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            _copy(draft, target)
        except StorageError:
            if is_new:  # An empty file would pass for a database without anything.
                target.unlink()
            raise


def _copy(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            # In one step: a copy in several begins again with each write of others.
            old.backup(new)
    except sqlite3.Error as error:
        raise StorageError("the database can't be copied") from error


def _recognise(path: Path) -> None:
    """Refuse what isn't ours: an empty file would be made a new database, without anything."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("SELECT number, public_id FROM tenants LIMIT 0")
    except sqlite3.Error as error:
        raise StorageError("the copy is no database of ours") from error


def _settle(path: Path) -> None:
    """See that a copy is sound, and leave one file of it, on the disk."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise StorageError("the copy is damaged")
    with path.open("rb") as written:
        os.fsync(written.fileno())


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """A private file beside the target, gone at the end whatever happens."""
    draft = target.with_name(f".{target.name}.{uuid7()}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise StorageError("the copy can't be written", path=target) from error
    try:
        yield draft
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + ending).unlink(missing_ok=True)


def _begin_anew(connection: sa.Connection) -> None:
    """Let what was counted so far be counted by the instance that this was, and begin as a new one."""
    run = connection.exec_driver_sql
    (guard,) = run("SELECT sql FROM sqlite_master WHERE name = 'appended_only'").one()
    former, known = run(
        "SELECT id, (SELECT max(number) FROM instances) + 1 FROM instances WHERE number = 1"
    ).one()
    run("UPDATE instances SET id = ? WHERE number = 1", (str(uuid7()),))
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    run("INSERT INTO instances (number, id, created_at) VALUES (?, ?, ?)", (known, former, now))
    run("DROP TRIGGER appended_only")
    for table in ("operations", "memories", "repeats"):
        run(f"UPDATE {table} SET origin_number = ? WHERE origin_number = 1", (known,))  # noqa: S608 - names of tables
    run(guard)
    run("UPDATE tenants SET last_sequence = 0")
    # Answers kept for what this database was afterwards are not to be found any more.
    run("DELETE FROM secrets WHERE name = ?", (_OF_ITS_OWN,))
