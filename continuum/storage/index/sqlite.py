"""Search on SQLite: an FTS5 table for each tenant, whose ranking knows no other tenant's texts."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.storage.index.documents import with_added, without_removed
from continuum.storage.index.sqlite_ranking import any_of, counted, ranking
from continuum.storage.prepared import fetch, run_many, stream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from continuum.core.tenancy import Tenant
    from continuum.storage.index import Match
    from continuum.storage.index.documents import Document

# From 3.42 on FTS5 overwrites deleted entries; older ones keep them until the index is merged.
_HAS_SECURE_DELETE = sqlite3.sqlite_version_info >= (3, 42)
_COLUMNS = "text, near, far, day"


class SqliteIndex:
    """BM25 over porter stems."""

    def add(self, connection: sa.Connection, tenant: Tenant, sessions: Mapping[int, str | None]) -> None:
        """Write rows; the table is made with the first."""
        name = _name(tenant)
        if not _exists(connection, tenant):
            connection.exec_driver_sql(
                f"CREATE VIRTUAL TABLE {name} USING fts5({_COLUMNS}, tokenize = 'porter unicode61')"
            )
            if _HAS_SECURE_DELETE:
                connection.exec_driver_sql(f"INSERT INTO {name}({name}, rank) VALUES ('secure-delete', 1)")  # noqa: S608 - see _name
        _write(connection, name, with_added(connection, tenant, sessions))

    def remove(self, connection: sa.Connection, tenant: Tenant, numbers: Sequence[int]) -> None:
        """Delete rows, and write those beside them anew."""
        if not numbers or not _exists(connection, tenant):
            return
        name = _name(tenant)
        rows = [(number,) for number in numbers]
        connection.exec_driver_sql(f"DELETE FROM {name} WHERE rowid = ?", rows)  # noqa: S608 - see _name
        _write(connection, name, without_removed(connection, tenant, numbers))
        if not _HAS_SECURE_DELETE:
            connection.exec_driver_sql(f"INSERT INTO {name}({name}) VALUES ('optimize')")  # noqa: S608 - see _name

    def drop(self, connection: sa.Connection, tenant: Tenant) -> None:
        """Drop the table."""
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_name(tenant)}")

    def numbers(self, connection: sa.Connection, tenant: Tenant) -> set[int]:
        """The row ids."""
        if not _exists(connection, tenant):
            return set()
        return set(connection.scalars(sa.text(f"SELECT rowid FROM {_name(tenant)}")))  # noqa: S608 - see _name

    def matches(
        self, connection: sa.Connection, tenant: Tenant, terms: Sequence[str], limit: int | None
    ) -> sa.Subquery | None:
        """The terms' BM25 added up."""
        words = counted(connection, _name(tenant), terms) if _exists(connection, tenant) else []
        if not words:
            return None
        statement, values = ranking(_name(tenant), words, -1 if limit is None else limit)
        found = sa.text(statement).bindparams(**values)
        parts = (sa.column(part, sa.Float) for part in ("strength", "lexical", "neighbours", "time"))
        return found.columns(sa.column("memory_number", sa.Integer), *parts).subquery("matches")

    def strongest(
        self, connection: sa.Connection, tenant: Tenant, terms: Sequence[str], limit: int
    ) -> Generator[Match]:
        """The database sorts them all at once."""
        words = counted(connection, _name(tenant), terms) if _exists(connection, tenant) else []
        if words:
            yield from stream(connection, *ranking(_name(tenant), words, limit))

    def holding(self, connection: sa.Connection, tenant: Tenant, terms: Sequence[str]) -> sa.Subquery | None:
        """By the first column alone."""
        if not _exists(connection, tenant):
            return None
        name = _name(tenant)
        statement = f"SELECT rowid AS memory_number FROM {name} WHERE {name} MATCH :expression"  # noqa: S608 - see _name
        found = sa.text(statement).bindparams(expression=f"text : ({any_of(terms)})")
        return found.columns(sa.column("memory_number", sa.Integer)).subquery("matches")


def _name(tenant: Tenant) -> str:
    """The table's name; its only variable part is an integer made by the database."""
    return f"memory_fts_{tenant.number:d}"


def _exists(connection: sa.Connection, tenant: Tenant) -> bool:
    # Looked up in the schema that SQLite has in memory; sqlite_master would be read from its first row to its last.
    query = "SELECT 1 FROM pragma_table_info(?) LIMIT 1"
    return bool(fetch(connection, query, (_name(tenant),)))


def _write(connection: sa.Connection, name: str, documents: Iterable[Document]) -> None:
    rows = [(each.number, each.text, each.near, each.far, each.day) for each in documents]
    if rows:
        run_many(connection, f"REPLACE INTO {name}(rowid, {_COLUMNS}) VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608 - see _name
