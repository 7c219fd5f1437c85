"""The full-text index of one tenant: an FTS5 table of its own, whose ranking knows no other texts."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from continuum.core.tenancy import Tenant

# From 3.42 on FTS5 overwrites deleted entries; older ones keep them until the index is merged.
_HAS_SECURE_DELETE = sqlite3.sqlite_version_info >= (3, 42)


def index_name(tenant: Tenant) -> str:
    """The table's name; its only variable part is an integer made by the database."""
    return f"memory_fts_{tenant.number:d}"


def has_index(connection: sa.Connection, tenant: Tenant) -> bool:
    """Whether the tenant has ever learned anything."""
    query = sa.text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name")
    return connection.scalar(query, {"name": index_name(tenant)}) is not None


def ensure_index(connection: sa.Connection, tenant: Tenant) -> None:
    """Make the index when there is none."""
    if has_index(connection, tenant):
        return
    name = index_name(tenant)
    connection.exec_driver_sql(f"CREATE VIRTUAL TABLE {name} USING fts5(text, tokenize = 'porter unicode61')")
    if _HAS_SECURE_DELETE:
        connection.exec_driver_sql(f"INSERT INTO {name}({name}, rank) VALUES ('secure-delete', 1)")  # noqa: S608 - see index_name


def add_to_index(connection: sa.Connection, tenant: Tenant, memory_number: int, text: str) -> None:
    """Make one memory findable; the index exists."""
    statement = f"INSERT INTO {index_name(tenant)}(rowid, text) VALUES (:number, :text)"  # noqa: S608 - see index_name
    connection.execute(sa.text(statement), {"number": memory_number, "text": text})


def remove_from_index(connection: sa.Connection, tenant: Tenant, memory_number: int) -> None:
    """Take one memory out, and its words with it."""
    name = index_name(tenant)
    connection.execute(sa.text(f"DELETE FROM {name} WHERE rowid = :number"), {"number": memory_number})  # noqa: S608 - see index_name
    if not _HAS_SECURE_DELETE:
        connection.exec_driver_sql(f"INSERT INTO {name}({name}) VALUES ('optimize')")  # noqa: S608 - see index_name


def search_index(tenant: Tenant, expression: str, limit: int) -> sa.Subquery:
    """The best matches as a subquery of ``memory_number`` and ``rank`` (bm25: lower is better)."""
    name = index_name(tenant)
    statement = (
        f"SELECT rowid AS memory_number, rank FROM {name}"  # noqa: S608 - see index_name
        f" WHERE {name} MATCH :expression ORDER BY rank, rowid DESC LIMIT :limit"
    )
    return (
        sa.text(statement)
        .bindparams(expression=expression, limit=limit)
        .columns(sa.column("memory_number", sa.Integer), sa.column("rank", sa.Float))
        .subquery("matches")
    )
