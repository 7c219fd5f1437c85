"""Copies of a SQLite database: taken while it is used, and put back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from continuum.core.errors import StorageError
from continuum.core.uuid7 import uuid7
from continuum.storage.copying import (
    check,
    copy,
    draft_beside,
    give_to_the_owner,
    opened,
    put,
    refuse_while_used,
    remove_logs,
    settle,
)
from continuum.storage.sqlite import open_file

if TYPE_CHECKING:
    from pathlib import Path

    import sqlalchemy as sa

# Secrets under which others may still hold what this database has never said.
_OF_ITS_OWN: Final = "recall-cache"


def back_up(source: Path, target: Path) -> None:
    """Write one state of the database into a file for its owner alone (0600); others may write meanwhile.

    The file is there when it is whole and sound, and not before.

    Raises:
        FileExistsError: there is a file already.
        StorageError: the copy can't be written, or isn't sound.

    """
    if target.exists():
        raise FileExistsError
    with draft_beside(target) as draft:
        copy(source, draft)
        check(draft)
        settle(draft)
        put(draft, target)


def restore(source: Path, target: Path, *, replace: bool = False) -> None:
    """Make the database what it was when the copy was taken; a copy of an older version is migrated.

    What was learned since is not there any more, so this is another instance from then on: what it counts
    again is not taken by others for what it counted then. Keys that were made since are unknown again, and
    keys that were revoked since work again. What is there may be damaged beyond reading.

    Raises:
        FileExistsError: there is a database, and ``replace`` isn't set.
        StorageError: the copy isn't one of ours, isn't sound, or can't be written; or another process has the
            database open. What was there is there.

    """
    if target.exists() and not replace:
        raise FileExistsError
    if not source.is_file():
        raise StorageError("there is no such copy", path=source)
    target = target.resolve()  # a link stays one
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with draft_beside(target) as draft:
        copy(source, draft)
        check(draft)
        _recognise(draft)
        _begin_anew(draft)
        settle(draft)
        if target.exists():
            refuse_while_used(target)
            try:
                # Through SQLite where that is possible: whoever opens the file at this moment sees the one or
                # the other.
                copy(draft, target)
            except StorageError:
                refuse_while_used(target)
                give_to_the_owner(draft, target)
            else:
                return
        # What is there isn't taken for a database any more; its log would be taken for the new one's.
        remove_logs(target)
        put(draft, target)


def _recognise(path: Path) -> None:
    """Refuse what isn't ours: an empty file would be made a new database, without anything."""
    try:
        with closing(opened(path)) as connection:
            connection.execute("SELECT number, public_id FROM tenants LIMIT 0")
    except sqlite3.Error as error:
        raise StorageError("the copy is no database of ours") from error


def _begin_anew(path: Path) -> None:
    """Bring a copy's schema up to date, and let it be another instance."""
    try:
        database = open_file(path)
        try:
            with database.write() as connection:
                _become_another(connection)
        finally:
            database.close()
    except (SQLAlchemyError, ValueError) as error:
        # Sound as a file, and yet not what it was: a table of another form, text that is none.
        raise StorageError("the copy is damaged") from error


def _become_another(connection: sa.Connection) -> None:
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
