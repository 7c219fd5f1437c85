"""Where and when a memory was said: one saying stands in its row, the others are its repeats.

A saying is known everywhere by the operation that entered it. The one entered first, by clock, then instance, then
sequence, stands in the memory's row, so that all instances show the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.storage.aliases import name, others
from continuum.storage.index import index_of
from continuum.storage.registry import instances, operations
from continuum.storage.succession import settle
from continuum.storage.tables import memories, repeats

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from continuum.core.tenancy import Tenant

SAID = ("session", "created_at", "occurred_at", "metadata", "importance", "origin_number", "origin_sequence")
"""What rows of memories and of repeats have in common."""
_AT_ONCE = 1000
_Places = sa.Select[Any]


def places_of_memories(*conditions: sa.ColumnElement[bool]) -> _Places:
    """The sayings in memories' rows: of which memory, under which id, entered by which operation."""
    return _placed(memories, memories.c.number).where(*conditions).order_by(memories.c.number)


def places_of_repeats(*conditions: sa.ColumnElement[bool]) -> _Places:
    """The same of repeats."""
    query = _placed(repeats, repeats.c.memory_number)
    query = query.join(memories, memories.c.number == repeats.c.memory_number)
    return query.where(*conditions).order_by(repeats.c.number)


def _placed(table: sa.Table, memory_number: sa.Column[int]) -> _Places:
    return (
        sa.select(
            memory_number.label("memory_number"),
            memories.c.id.label("memory_id"),
            sa.func.coalesce(operations.c.memory_id, memories.c.id).label("said_of"),
            instances.c.id.label("origin"),
            table.c.origin_sequence,
        )
        .select_from(table)
        .join(instances, instances.c.number == table.c.origin_number)
        .outerjoin(operations, _entered(table))
    )


def said_again(tenant: Tenant) -> sa.ColumnElement[bool]:
    """Whether a memory has repeats."""
    mine = repeats.c.tenant_number == tenant.number
    return sa.exists().where(mine, repeats.c.memory_number == memories.c.number)


def moments(
    connection: sa.Connection, tenant: Tenant, memory_numbers: Sequence[int]
) -> dict[int, tuple[int, str, int]]:
    """By which the saying in each memory's row comes before others."""
    query = _dated(memories).where(
        memories.c.tenant_number == tenant.number, memories.c.number.in_(memory_numbers)
    )
    rows = connection.execute(query)
    return {row.number: (row.clock or 0, row.origin, row.origin_sequence) for row in rows}


def promote(connection: sa.Connection, tenant: Tenant, memory_numbers: Sequence[int]) -> None:
    """Let the first repeat of each memory take the place of what its row says; each has to have one."""
    for begin in range(0, len(memory_numbers), _AT_ONCE):
        some = memory_numbers[begin : begin + _AT_ONCE]
        mine = (repeats.c.tenant_number == tenant.number, repeats.c.memory_number.in_(some))
        first: dict[int, sa.Row[Any]] = {}
        for row in connection.execute(_dated(repeats).where(*mine)):
            best = first.setdefault(row.memory_number, row)
            if _moment(row) < _moment(best):
                first[row.memory_number] = row
        say(connection, tenant, {number: row._mapping for number, row in first.items()})  # noqa: SLF001 - public in SQLAlchemy, named so to keep clear of columns
        for row in first.values():
            own = (repeats.c.tenant_number == tenant.number, repeats.c.number == row.number)
            connection.execute(sa.delete(repeats).where(*own))


def drop_sayings(
    connection: sa.Connection,
    tenant: Tenant,
    memory_ids: Collection[str],
    is_gone: Callable[[sa.Row[Any]], bool],
) -> list[int]:
    """Let sayings of memories go; their rows have ``origin``, ``origin_sequence``, and ``said_of`` for the id.

    Returns:
        The numbers of those memories that are said nowhere any more, which are to be erased.

    """
    chosen = (memories.c.tenant_number == tenant.number, memories.c.id.in_(memory_ids))
    in_rows = connection.execute(_dated(memories).where(*chosen)).all()
    ids: dict[int, str] = {row.number: row.id for row in in_rows}
    of_these = (repeats.c.tenant_number == tenant.number, repeats.c.memory_number.in_(list(ids)))
    again = connection.execute(_dated(repeats).where(*of_these)).all()
    gone = [row.number for row in again if is_gone(row)]
    left = {row.memory_number for row in again if not is_gone(row)}
    if gone:
        mine = (repeats.c.tenant_number == tenant.number, repeats.c.number.in_(gone))
        connection.execute(sa.delete(repeats).where(*mine))
    first_gone = [row.number for row in in_rows if is_gone(row)]
    promote(connection, tenant, [number for number in first_gone if number in left])
    unsaid = [number for number in first_gone if number not in left]
    rename(connection, tenant, [ident for number, ident in ids.items() if number not in unsaid])
    return unsaid


def rename(connection: sa.Connection, tenant: Tenant, memory_ids: Collection[str]) -> None:
    """Take ids from memories under which they are no longer said."""
    several = sorted(set(others(connection, tenant, memory_ids).values()))
    for memory_id in several:
        mine = (memories.c.tenant_number == tenant.number, memories.c.id == memory_id)
        first = connection.execute(_dated(memories).where(*mine)).one()
        of_it = (repeats.c.tenant_number == tenant.number, repeats.c.memory_number == first.number)
        again = connection.execute(_dated(repeats).where(*of_it)).all()
        left = {row.said_of or memory_id for row in (first, *again)}
        settle(connection, tenant, [name(connection, tenant, memory_id, left)])


def say(connection: sa.Connection, tenant: Tenant, sayings: Mapping[int, Mapping[Any, Any]]) -> None:
    """Let memories' rows say where and when they were said: sayings by the memories' numbers."""
    # Found by what was said around them there, and no longer by what was said here.
    index_of(connection).remove(connection, tenant, list(sayings))
    for number, saying in sayings.items():
        mine = (memories.c.tenant_number == tenant.number, memories.c.number == number)
        connection.execute(sa.update(memories).where(*mine).values({name: saying[name] for name in SAID}))
    own = (memories.c.tenant_number == tenant.number, memories.c.number.in_(list(sayings)))
    current = sa.select(memories.c.number, memories.c.session).where(*own, memories.c.superseded_by.is_(None))
    sessions = {row.number: row.session for row in connection.execute(current)}
    index_of(connection).add(connection, tenant, sessions)


def _dated(table: sa.Table) -> sa.Select[Any]:
    """Rows with clock and instance of the operations that entered them; old repeats have no operation."""
    return (
        sa.select(
            table,
            operations.c.clock,
            operations.c.memory_id.label("said_of"),
            instances.c.id.label("origin"),
        )
        .join(instances, instances.c.number == table.c.origin_number)
        .outerjoin(operations, _entered(table))
    )


def _entered(table: sa.Table) -> sa.ColumnElement[bool]:
    return (
        (operations.c.tenant_number == table.c.tenant_number)
        & (operations.c.origin_number == table.c.origin_number)
        & (operations.c.sequence == table.c.origin_sequence)
    )


def _moment(row: sa.Row[Any]) -> tuple[int, str, int, int]:
    return (row.clock or 0, row.origin, row.origin_sequence, row.number)
