"""A database in one file: its settings, its transactions, its one writer."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.core.errors import StorageError
from continuum.storage.database import Database
from continuum.storage.prepared import begin_straight, fetch
from continuum.storage.schema import is_current, migrate

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from continuum.core.tenancy import Tenant

# Execution option of connections whose transactions take the write lock at their beginning.
_WRITES = "continuum_writes"
_BUSY_MILLISECONDS = 10_000
_SWEEP_MILLISECONDS = 200
_PRAGMAS = (
    f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    # What is deleted is overwritten: a forgotten memory is not to be found in the file.
    "PRAGMA secure_delete = ON",
)


class SqliteDatabase(Database):
    """One SQLite file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _engine(path))
        self._writing_engine = self._engine.execution_options(**{_WRITES: True})
        # SQLite lets one writer in and makes the others poll; within the process a lock queues them instead.
        self._turn_to_write = threading.Lock()

    @contextmanager
    def read(self, tenant: Tenant | None = None) -> Iterator[sa.Connection]:  # noqa: ARG002 - PostgreSQL needs it
        """One state of the file, whatever others write meanwhile."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self, tenant: Tenant | None = None) -> Iterator[sa.Connection]:  # noqa: ARG002 - PostgreSQL needs it
        """Holds the write lock from the first moment."""
        with self._turn_to_write, self._writing_engine.begin() as connection:
            yield connection

    def sweep(self) -> None:
        """Fold the write-ahead log into the file: it holds pages as they were before the erasure.

        Where readers keep it from that for long, the next one to fold the log does it.
        """
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {_SWEEP_MILLISECONDS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        finally:
            connection.close()


def open_file(path: Path) -> SqliteDatabase:
    """Open the file at ``path``, making directory (0700), file (0600) and tables where they are missing.

    Raises:
        StorageError: the place can't be written, the file is no database, or a later version wrote it.

    """
    try:
        _make_private_file(path)
        database = SqliteDatabase(path)
    except OSError as error:
        raise StorageError("the database file can't be created", path=path) from error
    try:
        with database.read() as connection:
            ready = is_current(connection)
        if not ready:
            with database.write() as connection:
                migrate(connection)
    except BaseException as error:
        database.close()
        if isinstance(error, sa.exc.DBAPIError):
            raise StorageError("the database can't be opened", path=path) from error
        raise
    return database


def _make_private_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made before SQLite does, because its log files take over the mode of the file.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _engine(path: Path) -> sa.Engine:
    """An engine for one file, with room for as many threads as the web framework runs (40)."""
    # Looked up at call time, not imported by name: instrumentation replaces the function in its module.
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        pool_size=8,
        max_overflow=40,
        pool_timeout=10,
        # Bound values are content; without this they stand in messages of errors and in SQLAlchemy's log.
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(dbapi_connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transactions begin too late, at the first write: a reader that becomes a writer then
    # fails at once instead of waiting. So the driver begins none, and _begin does.
    dbapi_connection.isolation_level = None
    for pragma in _PRAGMAS:
        dbapi_connection.execute(pragma).close()


def _begin(connection: sa.Connection) -> None:
    begin_straight(connection)
    if connection.get_execution_options().get(_WRITES):
        # As a statement, so that time spent waiting for the lock shows as one.
        fetch(connection, "BEGIN IMMEDIATE", ())
    else:
        connection.connection.cursor().execute("BEGIN")
