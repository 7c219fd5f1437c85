"""A database in one file: its settings, its transactions, its one writer."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.core.errors import StorageError
from continuum.storage.database import Database
from continuum.storage.prepared import begin_straight, fetch
from continuum.storage.schema import is_current, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from continuum.core.tenancy import Tenant

# Execution option of connections whose transactions take the write lock at their beginning.
_WRITES = "continuum_writes"
_BUSY_MILLISECONDS = 10_000
_SWEEP_MILLISECONDS = 200
_KEPT = 8
_PRAGMAS = (
    f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    # Pages. What is learned changes the same ones again and again: folded in less often, each is copied less.
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA foreign_keys = ON",
    # What is deleted is overwritten: a forgotten memory is not to be found in the file.
    "PRAGMA secure_delete = ON",
)


class SqliteDatabase(Database):
    """One SQLite file."""

    # Whoever reads waits for no writer, in this process or another.
    answers_at_once = True

    def __init__(self, path: Path) -> None:
        super().__init__(path, _engine(path))
        self._writing_engine = self._engine.execution_options(**{_WRITES: True})
        # SQLite lets one writer in and makes the others poll; within the process a lock queues them instead.
        self._turn_to_write = threading.Lock()
        # Open and in no transaction, unless their last one failed: to begin one costs a third then. The last one
        # to be used is the first to be used again, and knows most of the file.
        self._writer: sa.Connection | None = None
        self._readers: list[sa.Connection] = []
        self._most_readers = _KEPT
        # Whether the log still has pages from before an erasure, because somebody reads for long.
        self._is_unswept = False

    @contextmanager
    def read(self, tenant: Tenant | None = None) -> Iterator[sa.Connection]:  # noqa: ARG002 - PostgreSQL needs it
        """One state of the file, whatever others write meanwhile."""
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._engine.connect()
        try:
            with connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        if len(self._readers) < self._most_readers:
            self._readers.append(connection)
        else:
            connection.close()

    @contextmanager
    def write(self, tenant: Tenant | None = None) -> Iterator[sa.Connection]:  # noqa: ARG002 - PostgreSQL needs it
        """Holds the write lock from the first moment."""
        with self._turn_to_write:
            if self._writer is None:
                self._writer = self._writing_engine.connect()
            try:
                with self._writer.begin():
                    yield self._writer
            except BaseException:
                self._close_writer()
                raise
            if self._is_unswept:
                # What was to be written is, whatever comes of this.
                with suppress(sqlite3.Error, sa.exc.SQLAlchemyError):
                    self._fold(0)

    def close(self) -> None:
        """Wait a while for whoever writes, then close all connections that nobody uses."""
        if self._turn_to_write.acquire(timeout=_BUSY_MILLISECONDS / 1000):
            self._close_writer()
            self._turn_to_write.release()
        self._most_readers = 0
        while self._readers:
            self._readers.pop().close()
        super().close()

    def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def sweep(self) -> None:
        """Fold the write-ahead log into the file: it holds pages as they were before the erasure.

        Where readers keep it from that for long, each who writes tries again.
        """
        self._fold(_SWEEP_MILLISECONDS)

    def _fold(self, milliseconds: int) -> None:
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
            ((is_kept, *_),) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        finally:
            connection.close()
        self._is_unswept = bool(is_kept)


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
        pool_size=_KEPT,
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
