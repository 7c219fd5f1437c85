"""Inserting what may be there already."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.storage.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence


def insert_missing(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert those rows that break no unique constraint; the others stay as they are."""
    _statement(table, tuple(rows[0])).run_all(connection, rows)


@lru_cache
def _statement(table: sa.Table, names: tuple[str, ...]) -> Prepared:
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    statement = f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING"  # noqa: S608 - names of our own tables
    bound = (sa.bindparam(name, type_=table.c[name].type) for name in names)
    return Prepared(sa.text(statement).bindparams(*bound))
