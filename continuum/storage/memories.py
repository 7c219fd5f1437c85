"""Reading the memories of one tenant: the best for some terms, or page by page."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from continuum.core.errors import MemoryNotFound
from continuum.core.ranking import Candidate, is_hopeless
from continuum.core.records import Filters
from continuum.storage.aliases import resolve
from continuum.storage.filters import conditions
from continuum.storage.index import index_of
from continuum.storage.operations import Operation, claim_places, log_operations
from continuum.storage.prepared import AnyOf, Prepared
from continuum.storage.succession import settle
from continuum.storage.tables import memories, repeats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from continuum.core.tenancy import Tenant
    from continuum.storage.index import Match


# Session, when it occurred, when it was learned.
Provenance = tuple[str | None, datetime | None, datetime | None]
_NONE = Filters()
_PROVENANCE = ("session", "occurred_at", "created_at")
_STRENGTHS = ("strength", "lexical", "neighbours", "time")
# Built once: building it costs more than running it.
_OF_NUMBERS = (
    # Plus nothing, so that SQLite doesn't go through all memories of the tenant.
    memories.c.tenant_number + sa.literal_column("0") == sa.bindparam("tenant"),
    AnyOf(memories.c.number, "numbers"),
)
_HAPPENED = sa.func.coalesce(memories.c.occurred_at, memories.c.created_at)


class Stored(NamedTuple):
    """What is read of a memory when its number is known."""

    number: int
    tenant_number: int
    id: str
    role: str
    created_at: datetime
    occurred_at: datetime | None
    importance: float
    superseded_by: str | None
    near_duplicate_of: str | None
    text: str
    session: str | None
    metadata: dict[str, Any]

    def __repr__(self) -> str:
        """No word of it."""
        return f"Stored({self.number})"


_BY_NUMBER = Prepared(sa.select(*(memories.c[name] for name in Stored._fields)).where(*_OF_NUMBERS))
# When they happened only puts them in order, which it does in the form that the driver gives.
_PLACES = Prepared(
    sa.select(
        memories.c.number,
        memories.c.session,
        sa.type_coerce(_HAPPENED, sa.types.NullType()).label("happened"),
    ).where(*_OF_NUMBERS)
)
_CURRENT_SESSIONS = Prepared(
    sa.select(memories.c.number, memories.c.session).where(*_OF_NUMBERS, memories.c.superseded_by.is_(None))
)


def find_candidates(
    connection: sa.Connection,
    tenant: Tenant,
    terms: Sequence[str],
    filters: Filters,
    limit: int,
    *,
    best: int | None = None,
) -> list[Candidate]:
    """The current memories that match the terms most strongly, strongest first, the newest first of equals.

    Args:
        connection: in a transaction for the tenant.
        tenant: whose memories.
        terms: of which a memory holds one at least.
        filters: which of the memories.
        limit: how many at most.
        best: when only so many are to be ranked best by words alone; the hopeless are left out then.

    """
    if filters != _NONE:
        return _find_filtered(connection, tenant, terms, conditions(tenant, filters), limit)
    found: list[Match] = []
    with closing(index_of(connection).strongest(connection, tenant, terms, limit)) as matches:
        for match in matches:
            if (
                best is not None
                and len(found) >= best
                and is_hopeless(match[1], found[0][1], found[best - 1][1])
            ):
                break
            found.append(match)
    asked = {"tenant": tenant.number, "numbers": [match[0] for match in found]}
    places = {number: (session, happened) for number, session, happened in _PLACES.rows(connection, asked)}
    # What isn't the tenant's own, whatever the index says, has no place.
    there = [match for match in found if match[0] in places]
    there.sort(key=lambda match: (match[1], places[match[0]][1], match[0]), reverse=True)
    return [Candidate(match[0], places[match[0]][0], *match[1:]) for match in there]


def _find_filtered(
    connection: sa.Connection,
    tenant: Tenant,
    terms: Sequence[str],
    wanted: Sequence[sa.ColumnElement[bool]],
    limit: int,
) -> list[Candidate]:
    """The index knows the best of all; with filters all that match have to be looked at."""
    matches = index_of(connection).matches(connection, tenant, terms, None)
    if matches is None:
        return []
    found = matches.c
    query = (
        sa.select(memories.c.number, memories.c.session, *(found[part] for part in _STRENGTHS))
        .join(matches, found.memory_number == memories.c.number)
        .where(*wanted)
        .order_by(found.strength.desc(), _HAPPENED.desc(), memories.c.number.desc())
        .limit(limit)
    )
    return [Candidate(*row) for row in connection.execute(query)]


def wanted_numbers(connection: sa.Connection, tenant: Tenant, filters: Filters) -> set[int]:
    """The numbers of all current memories that the filters let pass."""
    wanted = (*conditions(tenant, filters), memories.c.superseded_by.is_(None))
    return set(connection.scalars(sa.select(memories.c.number).where(*wanted)))


def sessions_of(connection: sa.Connection, tenant: Tenant, numbers: Sequence[int]) -> dict[int, str | None]:
    """The sessions of those of the memories that are current, by their numbers."""
    return dict(_CURRENT_SESSIONS.rows(connection, {"tenant": tenant.number, "numbers": numbers}))


def read_memories(connection: sa.Connection, tenant: Tenant, numbers: Sequence[int]) -> dict[int, Stored]:
    """Memories by their numbers."""
    rows = _BY_NUMBER.rows(connection, {"tenant": tenant.number, "numbers": numbers})
    return {row[0]: Stored._make(row) for row in rows}


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
    known = resolve(connection, tenant, {memory_id, by})
    memory_id, by = known[memory_id], known[by]
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
    settle(connection, tenant, [memory_id])
    return True
