"""Several ids of one memory: instances that learned the same text apart from each other gave it one each.

A memory has the ids under which it was said and is still said. The smallest, which is the oldest, is its own; the
others stand for it wherever somebody still has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.storage.prepared import AnyOf, Prepared
from continuum.storage.tables import aliases, memories

if TYPE_CHECKING:
    from collections.abc import Collection

    from continuum.core.tenancy import Tenant

_MINE = aliases.c.tenant_number == sa.bindparam("tenant")
_OF_IDS = Prepared(sa.select(aliases.c.id, aliases.c.memory_id).where(_MINE, AnyOf(aliases.c.id, "ids")))
_OF_MEMORIES = Prepared(
    sa.select(aliases.c.id, aliases.c.memory_id).where(_MINE, AnyOf(aliases.c.memory_id, "ids"))
)


def resolve(connection: sa.Connection, tenant: Tenant, ids: Collection[str]) -> dict[str, str]:
    """The memory's id for each id; an id that stands for no other is its own."""
    found = {row.id: row.memory_id for row in _run(connection, tenant, _OF_IDS, ids)}
    return {ident: found.get(ident, ident) for ident in ids}


def others(connection: sa.Connection, tenant: Tenant, memory_ids: Collection[str]) -> dict[str, str]:
    """The further ids of memories, each with the memory's."""
    return {row.id: row.memory_id for row in _run(connection, tenant, _OF_MEMORIES, memory_ids)}


def name(connection: sa.Connection, tenant: Tenant, memory_id: str, ids: Collection[str]) -> str:
    """Let a memory have these ids and no others; the smallest, which is the answer, is its own from now on."""
    kept = min(ids)
    if kept != memory_id:
        for column in (memories.c.id, memories.c.superseded_by, memories.c.near_duplicate_of):
            of_memory = (memories.c.tenant_number == tenant.number, column == memory_id)
            connection.execute(sa.update(memories).where(*of_memory).values({column: kept}))
    drop(connection, tenant, [memory_id])
    rows = [{"tenant_number": tenant.number, "id": other, "memory_id": kept} for other in {*ids} - {kept}]
    if rows:
        connection.execute(sa.insert(aliases), rows)
    return kept


def drop(connection: sa.Connection, tenant: Tenant, memory_ids: Collection[str]) -> None:
    """Forget the further ids of memories."""
    mine = (aliases.c.tenant_number == tenant.number, aliases.c.memory_id.in_(memory_ids))
    connection.execute(sa.delete(aliases).where(*mine))


def _run(
    connection: sa.Connection, tenant: Tenant, statement: Prepared, ids: Collection[str]
) -> list[sa.Row[tuple[str, str]]]:
    return statement.run(connection, {"tenant": tenant.number, "ids": list(ids)}).all() if ids else []  # type: ignore[return-value]  # rows of two texts
