"""What a peer is told: operations of the log, with what was said where it still stands and isn't private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from continuum.federation.batches import MAX_CHANGES, Change, size_of
from continuum.storage.aliases import resolve
from continuum.storage.operations import place
from continuum.storage.prepared import AnyOf
from continuum.storage.registry import instances, operations
from continuum.storage.storing import NewMemory
from continuum.storage.tables import memories, repeats, sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from continuum.core.tenancy import Tenant

# With one more change, whose text has at most 64 KiB, a batch stays below MAX_BYTES even when nothing is saved.
_ENOUGH_BYTES: Final = 640 * 1024
_SAID: Final = ("session", "occurred_at", "created_at", "metadata", "importance")

_Place = tuple[str, int]


def read_changes(
    connection: sa.Connection,
    tenant: Tenant,
    after: int,
    *,
    limit: int = MAX_CHANGES,
    is_known: Callable[[str, int], bool],
) -> tuple[list[Change], int, bool]:
    """The next operations of the log.

    Args:
        connection: in a transaction for the tenant.
        tenant: whose log.
        after: the number after which to begin.
        limit: how many rows of the log are looked at.
        is_known: whether the peer has an operation, by instance and sequence; it is left out then.

    Returns:
        The changes, the number that was reached, and whether there are more.

    """
    query = (
        sa.select(operations, instances.c.id.label("origin"))
        .join(instances, instances.c.number == operations.c.origin_number)
        .where(operations.c.tenant_number == tenant.number, operations.c.number > after)
        .order_by(operations.c.number)
        .limit(limit + 1)
    )
    rows = connection.execute(query).all()
    more = len(rows) > limit
    wanted = [row for row in rows[:limit] if not is_known(row.origin, row.sequence)]
    said, hidden = _said(connection, tenant, wanted)
    changes: list[Change] = []
    size = 0
    reached = after
    for row in wanted:
        change = _change(row, said.get((row.origin, row.sequence)), hidden)
        size += size_of(change)
        if changes and size > _ENOUGH_BYTES:
            return changes, reached, True
        changes.append(change)
        reached = row.number
    # What the peer has, at the end, needs no looking at again.
    return changes, rows[:limit][-1].number if rows[:limit] else after, more


def _change(row: sa.Row[Any], said: NewMemory | None, hidden: set[str]) -> Change:
    is_hidden = not hidden.isdisjoint((row.memory_id, row.reference, place(row.origin, row.sequence)))
    if is_hidden or row.kind in {"withheld", "move"}:
        return Change(row.origin, row.sequence, "withheld")
    return Change(row.origin, row.sequence, row.kind, row.clock, row.memory_id, row.reference, said)


def _said(
    connection: sa.Connection, tenant: Tenant, rows: Sequence[sa.Row[Any]]
) -> tuple[dict[_Place, NewMemory], set[str]]:
    """What operations say, as far as it may be told; and what may not be: ids and places in private sessions."""
    mentioned = {ident for row in rows for ident in (row.memory_id, row.reference) if ident}
    known = resolve(connection, tenant, mentioned)
    mine = (memories.c.tenant_number == tenant.number, AnyOf(memories.c.id, "ids"))
    asked = {"ids": list(set(known.values()))}
    found = {row.number: row for row in connection.execute(_placed(memories).where(*mine), asked)}
    of_these = (repeats.c.tenant_number == tenant.number, AnyOf(repeats.c.memory_number, "numbers"))
    again = connection.execute(_placed(repeats).where(*of_these), {"numbers": list(found)}).all()
    private = _private_sessions(connection, tenant)
    wanted = {(row.origin, row.sequence) for row in rows}
    said: dict[_Place, NewMemory] = {}
    public: set[str] = set()
    hidden: set[str] = set()
    for memory, row in [
        *((row, row) for row in found.values()),
        *((found[row.memory_number], row) for row in again),
    ]:
        if row.session in private:
            hidden.add(place(row.origin, row.origin_sequence))
            continue
        public.add(memory.id)
        where = (row.origin, row.origin_sequence)
        if where in wanted:
            values = {name: row._mapping[name] for name in _SAID}  # noqa: SLF001 - public in SQLAlchemy, named so to keep clear of columns
            said[where] = NewMemory(memory.role, memory.text, **values)
    # A memory is known in private alone when nothing else is left of it.
    unknown = {row.id for row in found.values()} - public
    return said, hidden | {ident for ident, memory_id in known.items() if memory_id in unknown}


def _placed(table: sa.Table) -> sa.Select[Any]:
    query = sa.select(table, instances.c.id.label("origin"))
    return query.join(instances, instances.c.number == table.c.origin_number)


def _private_sessions(connection: sa.Connection, tenant: Tenant) -> set[str]:
    mine = (sessions.c.tenant_number == tenant.number, sessions.c.is_private)
    return set(connection.scalars(sa.select(sessions.c.name).where(*mine)))
