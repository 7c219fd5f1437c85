"""Reading the memories of one tenant: the best for some terms, or page by page."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.core.errors import MemoryNotFound
from continuum.core.ranking import Candidate
from continuum.storage.filters import conditions
from continuum.storage.index import index_of
from continuum.storage.operations import Operation, claim_places, log_operations
from continuum.storage.tables import memories, repeats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from continuum.core.records import Filters
    from continuum.core.tenancy import Tenant


# Session, when it occurred, when it was learned.
Provenance = tuple[str | None, datetime | None, datetime | None]
_PROVENANCE = ("session", "occurred_at", "created_at")
_STRENGTHS = ("strength", "lexical", "neighbours", "time")
# Built once: building it costs more than running it.
_BY_NUMBER = sa.select(memories).where(
    memories.c.tenant_number == sa.bindparam("tenant"),
    memories.c.number.in_(sa.bindparam("numbers", expanding=True)),
)


def find_candidates(
    connection: sa.Connection, tenant: Tenant, terms: Sequence[str], filters: Filters, limit: int
) -> list[Candidate]:
    """The current memories that match the terms most strongly, strongest first, the newest first of equals."""
    wanted = conditions(tenant, filters)
    # The index knows the best; with filters all that match have to be looked at.
    matches = index_of(connection).matches(connection, tenant, terms, limit if len(wanted) == 1 else None)
    if matches is None:
        return []
    found = matches.c
    happened = sa.func.coalesce(memories.c.occurred_at, memories.c.created_at)
    query = (
        sa.select(memories.c.number, memories.c.session, *(found[part] for part in _STRENGTHS))
        .join(matches, found.memory_number == memories.c.number)
        .where(*wanted)
        .order_by(found.strength.desc(), happened.desc(), memories.c.number.desc())
        .limit(limit)
    )
    return [Candidate._make(row) for row in connection.execute(query)]


def read_memories(
    connection: sa.Connection, tenant: Tenant, numbers: Sequence[int]
) -> dict[int, sa.Row[Any]]:
    """Rows of memories by their numbers."""
    found = connection.execute(_BY_NUMBER, {"tenant": tenant.number, "numbers": numbers})
    return {row.number: row for row in found}


def page_memories(
    connection: sa.Connection,
    tenant: Tenant,
    filters: Filters,
    limit: int,
    *,
    terms: Sequence[str] = (),
    before: str | None = None,
    after: str | None = None,
) -> Sequence[sa.Row[Any]]:
    """Rows of memories by id, which is by the time they were learned: newest first, unless ``after`` is given.

    Args:
        connection: in a transaction for the tenant.
        tenant: whose memories.
        filters: which of them.
        limit: how many.
        terms: when there are some, only current memories that hold one of them.
        before: the last id of the page before this one, going back in time.
        after: the same going forward in time; an empty id is before all others.

    """
    query = sa.select(memories).where(*conditions(tenant, filters)).limit(limit)
    if terms:
        matches = index_of(connection).holding(connection, tenant, terms)
        if matches is None:
            return []
        query = query.join(matches, matches.c.memory_number == memories.c.number)
    if before is not None:
        query = query.where(memories.c.id < before)
    if after is not None:
        return connection.execute(query.where(memories.c.id > after).order_by(memories.c.id)).all()
    return connection.execute(query.order_by(memories.c.id.desc())).all()


def repeats_of(
    connection: sa.Connection, tenant: Tenant, memory_numbers: Sequence[int]
) -> dict[int, list[sa.Row[Any]]]:
    """Where and when each memory came again, oldest first."""
    mine = (repeats.c.tenant_number == tenant.number, repeats.c.memory_number.in_(memory_numbers))
    found: dict[int, list[sa.Row[Any]]] = {number: [] for number in memory_numbers}
    for row in connection.execute(sa.select(repeats).where(*mine).order_by(repeats.c.number)):
        found[row.memory_number].append(row)
    return found


def noted_provenance(
    connection: sa.Connection, tenant: Tenant, ids: Sequence[str]
) -> dict[str, set[Provenance]]:
    """Where and when each memory is known to have been said: session, time, and time of learning."""
    noted: dict[str, set[Provenance]] = {ident: set() for ident in ids}
    mine = (memories.c.tenant_number == tenant.number, memories.c.id.in_(ids))
    first = sa.select(memories.c.id, *(memories.c[name] for name in _PROVENANCE)).where(*mine)
    again = (
        sa.select(memories.c.id, *(repeats.c[name] for name in _PROVENANCE))
        .join(memories, memories.c.number == repeats.c.memory_number)
        .where(*mine, repeats.c.tenant_number == tenant.number)
    )
    for query in (first, again):
        for row in connection.execute(query):
            noted[row.id].add((row.session, row.occurred_at, row.created_at))
    return noted


def supersede_memory(connection: sa.Connection, tenant: Tenant, memory_id: str, by: str) -> bool:
    """Note which current memory takes the place of another, which recall then no longer finds.

    Returns:
        Whether it is so now: not when ``by`` isn't current itself, or is the same memory.

    Raises:
        MemoryNotFound: the tenant lacks one of them.

    """
    mine = (memories.c.tenant_number == tenant.number, memories.c.id.in_([memory_id, by]))
    columns = (memories.c.id, memories.c.number, memories.c.superseded_by)
    found = {row.id: row for row in connection.execute(sa.select(*columns).where(*mine))}
    if not {memory_id, by} <= found.keys():
        raise MemoryNotFound("no such memory")
    if found[memory_id].superseded_by == by:
        return True
    if memory_id == by or found[by].superseded_by is not None:
        return False
    number = found[memory_id].number
    change = sa.update(memories).where(memories.c.tenant_number == tenant.number, memories.c.number == number)
    connection.execute(change.values(superseded_by=by))
    index_of(connection).remove(connection, tenant, [number])
    claim = claim_places(connection, tenant, 1)
    log_operations(connection, tenant, claim, [Operation("supersede", memory_id, by)])
    return True
