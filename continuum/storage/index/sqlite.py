"""Search on SQLite: an FTS5 table for each tenant, whose ranking knows no other tenant's texts."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from continuum.core.tenancy import Tenant

# From 3.42 on FTS5 overwrites deleted entries; older ones keep them until the index is merged.
_HAS_SECURE_DELETE = sqlite3.sqlite_version_info >= (3, 42)


class SqliteIndex:
    """BM25 over porter stems."""

    def add(self, connection: sa.Connection, tenant: Tenant, texts: Mapping[int, str]) -> None:
        """Insert rows; the table is made with the first."""
        name = _name(tenant)
        if not _exists(connection, tenant):
            connection.exec_driver_sql(
                f"CREATE VIRTUAL TABLE {name} USING fts5(text, tokenize = 'porter unicode61')"
            )
            if _HAS_SECURE_DELETE:
                connection.exec_driver_sql(f"INSERT INTO {name}({name}, rank) VALUES ('secure-delete', 1)")  # noqa: S608 - see _name
        rows = [{"number": number, "text": text} for number, text in texts.items()]
        connection.execute(sa.text(f"INSERT INTO {name}(rowid, text) VALUES (:number, :text)"), rows)  # noqa: S608 - see _name

    def remove(self, connection: sa.Connection, tenant: Tenant, numbers: Sequence[int]) -> None:
        """Delete rows."""
        if not _exists(connection, tenant):
            return
        name = _name(tenant)
        rows = [{"number": number} for number in numbers]
        connection.execute(sa.text(f"DELETE FROM {name} WHERE rowid = :number"), rows)  # noqa: S608 - see _name
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
        """Each term is a quoted string and terms hold no quotation marks: none is read as query syntax."""
        if not _exists(connection, tenant):
            return None
        name = _name(tenant)
        statement = (
            f"SELECT rowid AS memory_number, -rank AS strength FROM {name}"  # noqa: S608 - see _name
            f" WHERE {name} MATCH :expression ORDER BY rank, rowid DESC LIMIT :most"
        )
        expression = " OR ".join(f'"{term}"' for term in terms)
        return (
            sa.text(statement)
            .bindparams(expression=expression, most=-1 if limit is None else limit)
            .columns(sa.column("memory_number", sa.Integer), sa.column("strength", sa.Float))
            .subquery("matches")
        )


def _name(tenant: Tenant) -> str:
    """The table's name; its only variable part is an integer made by the database."""
    return f"memory_fts_{tenant.number:d}"


def _exists(connection: sa.Connection, tenant: Tenant) -> bool:
    query = sa.text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name")
    return connection.scalar(query, {"name": _name(tenant)}) is not None
