"""The open database: connections that read, and transactions that write one at a time."""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from continuum.core.errors import StorageError
from continuum.storage import sqlite, tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Database:
    """One SQLite file, safe to use from many threads and beside other processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = sqlite.create_engine(path)
        self._writing_engine = self._engine.execution_options(**{sqlite.WRITES: True})
        # SQLite lets one writer in and makes the others poll; within the process a lock queues them instead.
        self._turn_to_write = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that sees one state of the database throughout."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its first moment: all of it is kept, or nothing."""
        with self._turn_to_write, self._writing_engine.begin() as connection:
            yield connection

    def secret(self, name: str) -> bytes:
        """The 32 random bytes kept under a name, the same for every process that uses this database."""
        with self.write() as connection:
            value = secrets.token_bytes(32)
            connection.execute(insert(tables.secrets).values(name=name, value=value).on_conflict_do_nothing())
            found = connection.scalar(sa.select(tables.secrets.c.value).where(tables.secrets.c.name == name))
        return bytes(found) if found is not None else value

    def close(self) -> None:
        """Close all connections; the last one to close a file folds its write-ahead log into it."""
        self._engine.dispose()


def open_database(path: Path) -> Database:
    """Open the database at ``path``, making directory (0700), file (0600) and tables where they are missing.

    Raises:
        StorageError: the place can't be written, the file is no database, or a later version wrote it.

    """
    try:
        _make_private_file(path)
        database = Database(path)
    except OSError as error:
        raise StorageError("the database file can't be created", path=path) from error
    try:
        _make_tables(database)
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


def _make_tables(database: Database) -> None:
    with database.write() as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version > tables.SCHEMA_VERSION:
            raise StorageError("the database was written by a later version of continuum", version=version)
        if version < tables.SCHEMA_VERSION:
            tables.metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {tables.SCHEMA_VERSION:d}")
