"""How SQLite is opened: its settings, its transactions, its pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

# Execution option of connections whose transactions take the write lock at their beginning.
WRITES = "continuum_writes"

_BUSY_MILLISECONDS = 10_000
_PRAGMAS = (
    f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    # What is deleted is overwritten: a forgotten memory is not to be found in the file.
    "PRAGMA secure_delete = ON",
)


def create_engine(path: Path) -> sa.Engine:
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
    if connection.get_execution_options().get(WRITES):
        # Through SQLAlchemy, so that time spent waiting for the lock shows as a statement.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.connection.cursor().execute("BEGIN")
