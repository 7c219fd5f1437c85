"""Search on SQLite: an FTS5 table for each tenant, whose ranking knows no other tenant's texts."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.storage.index.documents import with_added, without_removed
from continuum.storage.index.weights import DAY, NEIGHBOURS, TEXT
from continuum.storage.prepared import fetch, run_many, stream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from continuum.core.tenancy import Tenant
    from continuum.storage.index import Match
    from continuum.storage.index.documents import Document

# From 3.42 on FTS5 overwrites deleted entries; older ones keep them until the index is merged.
_HAS_SECURE_DELETE = sqlite3.sqlite_version_info >= (3, 42)
_COLUMNS = "text, neighbours, day"


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
        """Each part is what its column adds to those before it: BM25 saturates, so columns don't just add up."""
        if not _exists(connection, tenant):
            return None
        statement = _ranking(_name(tenant), ":expression", ":most")
        found = sa.text(statement).bindparams(expression=_any_of(terms), most=-1 if limit is None else limit)
        parts = (sa.column(part, sa.Float) for part in ("strength", "lexical", "neighbours", "time"))
        return found.columns(sa.column("memory_number", sa.Integer), *parts).subquery("matches")

    def strongest(
        self, connection: sa.Connection, tenant: Tenant, terms: Sequence[str], limit: int
    ) -> Generator[Match]:
        """FTS5 sorts them all at once, and works the parts out for those that are asked for."""
        if _exists(connection, tenant):
            yield from stream(connection, _ranking(_name(tenant), "?", "?"), (_any_of(terms), limit))

    def holding(self, connection: sa.Connection, tenant: Tenant, terms: Sequence[str]) -> sa.Subquery | None:
        """By the first column alone."""
        if not _exists(connection, tenant):
            return None
        name = _name(tenant)
        statement = f"SELECT rowid AS memory_number FROM {name} WHERE {name} MATCH :expression"  # noqa: S608 - see _name
        found = sa.text(statement).bindparams(expression=f"text : ({_any_of(terms)})")
        return found.columns(sa.column("memory_number", sa.Integer)).subquery("matches")


def _name(tenant: Tenant) -> str:
    """The table's name; its only variable part is an integer made by the database."""
    return f"memory_fts_{tenant.number:d}"


def _ranking(name: str, expression: str, most: str) -> str:
    own, around = f"-bm25({name}, {TEXT}, 0, 0)", f"-bm25({name}, {TEXT}, {NEIGHBOURS}, 0)"
    return (
        f"SELECT rowid AS memory_number, -rank AS strength, {own} AS lexical,"  # noqa: S608 - see _name
        f" {around} - ({own}) AS neighbours, -rank - ({around}) AS time FROM {name}"
        f" WHERE {name} MATCH {expression} AND rank MATCH 'bm25({TEXT}, {NEIGHBOURS}, {DAY})'"
        f" ORDER BY rank LIMIT {most}"
    )


def _exists(connection: sa.Connection, tenant: Tenant) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return bool(fetch(connection, query, (_name(tenant),)))


def _write(connection: sa.Connection, name: str, documents: Iterable[Document]) -> None:
    rows = [(each.number, each.text, each.neighbours, each.day) for each in documents]
    if rows:
        run_many(connection, f"REPLACE INTO {name}(rowid, {_COLUMNS}) VALUES (?, ?, ?, ?)", rows)  # noqa: S608 - see _name


def _any_of(terms: Sequence[str]) -> str:
    """Each term is a quoted string and terms hold no quotation marks: none is read as query syntax."""
    return " OR ".join(f'"{term}"' for term in terms)
