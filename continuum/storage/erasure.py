"""Erasing: memories, a session, or a tenant, from every table and index, with a receipt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.core.errors import InvalidProvenance
from continuum.core.provenance import SESSION_FORM
from continuum.core.records import Receipt
from continuum.core.uuid7 import uuid7
from continuum.storage.aliases import drop as drop_aliases
from continuum.storage.aliases import others, resolve
from continuum.storage.concepts import concept_numbers, delete_orphans
from continuum.storage.idempotency import blank_requests
from continuum.storage.index import index_of
from continuum.storage.operations import Operation, claim_places, last_number, log_operations, place
from continuum.storage.peers import remember_peerings
from continuum.storage.registry import api_keys, erasures, receipts, tenants
from continuum.storage.sayings import (
    drop_sayings,
    places_of_memories,
    places_of_repeats,
    promote,
    rename,
    said_again,
)
from continuum.storage.stats import tenant_stats
from continuum.storage.storing import revive
from continuum.storage.succession import settle
from continuum.storage.tables import memories, repeats, sessions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from continuum.core.tenancy import Tenant

# SQLite takes 32,766 values in a statement; this leaves room for more than one list of them.
_MOST = 1000


def erase_memories(connection: sa.Connection, tenant: Tenant, ids: Sequence[str]) -> Receipt:
    """Erase the memories of these ids that the tenant has, and everything that came from them alone."""
    known = set(resolve(connection, tenant, ids).values())
    rows = connection.execute(_chosen(tenant, memories.c.id.in_(known))).all()
    counts = _erase(connection, tenant, rows)
    return _receipt(connection, "memories", counts, tenant)


def erase_forgotten(connection: sa.Connection, tenant: Tenant, ids: Collection[str]) -> int:
    """Erase what another instance forgot, and has entered: these ids. What came under another id stays.

    Returns:
        How many memories went.

    """
    known = set(resolve(connection, tenant, ids).values())
    several = set(others(connection, tenant, known).values())
    rows = list(connection.execute(_chosen(tenant, memories.c.id.in_(known - several))))
    if several:
        unsaid = drop_sayings(connection, tenant, several, lambda row: row.said_of in ids)
        rows += connection.execute(_chosen(tenant, memories.c.number.in_(unsaid))).all()
    return _erase(connection, tenant, rows, is_entered=True)["memories"]


def erase_withdrawn(connection: sa.Connection, tenant: Tenant, sayings: Mapping[str, Collection[str]]) -> int:
    """Erase that memories were said at these places of the log, as another instance has entered, by their ids.

    Returns:
        How many memories were said nowhere else, and went.

    """
    known = resolve(connection, tenant, sayings.keys())
    gone = {where for places in sayings.values() for where in places}
    unsaid = drop_sayings(
        connection, tenant, set(known.values()), lambda row: place(row.origin, row.origin_sequence) in gone
    )
    rows = connection.execute(_chosen(tenant, memories.c.number.in_(unsaid))).all()
    return _erase(connection, tenant, rows, is_entered=True)["memories"]


def erase_session(connection: sa.Connection, tenant: Tenant, name: str) -> Receipt:
    """Erase what was said in a session; what was said in another too stays, as said there alone.

    Raises:
        InvalidProvenance: no session is named. To the database, none would be all that was said in no session.

    """
    if not name:
        raise InvalidProvenance("a session is " + SESSION_FORM)
    said_here = (repeats.c.tenant_number == tenant.number, repeats.c.session == name)
    again = connection.execute(places_of_repeats(*said_here)).all()
    connection.execute(sa.delete(repeats).where(*said_here))
    _enter_withdrawals(connection, tenant, again)
    rename(connection, tenant, {row.memory_id for row in again})
    mine = (memories.c.tenant_number == tenant.number, memories.c.session == name)
    kept = _move_to_repeats(connection, tenant, mine)
    counts = {"memories": 0, "repeats": len(again), "moved": kept}
    chosen = _chosen(tenant, memories.c.session == name).order_by(memories.c.number)
    while rows := connection.execute(chosen.limit(_MOST)).all():
        # No tombstones: what another instance hears somewhere else meanwhile stays, as said there.
        said = places_of_memories(memories.c.number.in_([row.number for row in rows]))
        _enter_withdrawals(connection, tenant, connection.execute(said).all())
        for kind, count in _erase(connection, tenant, rows, is_entered=True).items():
            counts[kind] += count
    named = (sessions.c.tenant_number == tenant.number, sessions.c.name == name)
    connection.execute(sa.delete(sessions).where(*named))
    return _receipt(connection, "session", counts, tenant)


def erase_tenant(connection: sa.Connection, tenant: Tenant) -> Receipt:
    """Erase a tenant with memories, index, log, keys and name; other tables' rows go with the tenant's."""
    stats = tenant_stats(connection, tenant)
    keys = sa.select(sa.func.count()).where(api_keys.c.tenant_number == tenant.number)
    counts = {"memories": stats.memories, "repeats": stats.repeats, "keys": connection.scalar(keys) or 0}
    index_of(connection).drop(connection, tenant)
    receipt = _receipt(connection, "tenant", counts)
    remember_peerings(connection, tenant, receipt)
    connection.execute(sa.delete(tenants).where(tenants.c.number == tenant.number))
    return receipt


def _chosen(tenant: Tenant, condition: sa.ColumnElement[bool]) -> sa.Select[tuple[str, int]]:
    mine = memories.c.tenant_number == tenant.number
    return sa.select(memories.c.id, memories.c.number).where(mine, condition)


def _erase(
    connection: sa.Connection, tenant: Tenant, rows: Sequence[sa.Row[Any]], *, is_entered: bool = False
) -> dict[str, int]:
    """Erase memories, and enter that they are forgotten unless the log says why they go."""
    if not rows:
        return {"memories": 0, "repeats": 0}
    numbers, ids = [row.number for row in rows], [row.id for row in rows]
    chosen = (memories.c.tenant_number == tenant.number, memories.c.number.in_(numbers))
    of_chosen = (repeats.c.tenant_number == tenant.number, repeats.c.memory_number.in_(numbers))
    repeated = connection.scalar(sa.select(sa.func.count()).select_from(repeats).where(*of_chosen)) or 0
    named = concept_numbers(connection, tenant, numbers)
    index_of(connection).remove(connection, tenant, numbers)
    connection.execute(sa.delete(memories).where(*chosen))
    mine = memories.c.tenant_number == tenant.number
    superseded = sa.select(memories.c.number, memories.c.id, memories.c.session).where(
        mine, memories.c.superseded_by.in_(ids)
    )
    revived = connection.execute(superseded).all()
    revive(connection, tenant, {row.number: row.session for row in revived})
    alike = sa.update(memories).where(mine, memories.c.near_duplicate_of.in_(ids))
    connection.execute(alike.values(near_duplicate_of=None))
    delete_orphans(connection, tenant, sorted(named))
    further = sorted(others(connection, tenant, ids))
    drop_aliases(connection, tenant, ids)
    blank_requests(connection, tenant, [*ids, *further])
    if not is_entered:
        entries = [Operation("forget", ident) for ident in (*ids, *further)]
        entries += [Operation("revive", row.id) for row in revived]
        log_operations(connection, tenant, claim_places(connection, tenant, len(entries)), entries)
        settle(connection, tenant, [row.id for row in revived])
    return {"memories": len(rows), "repeats": repeated}


def _move_to_repeats(
    connection: sa.Connection, tenant: Tenant, mine: tuple[sa.ColumnElement[bool], ...]
) -> int:
    """Let memories that were said elsewhere too be said there first."""
    said = places_of_memories(*mine, said_again(tenant))
    withdrawn = connection.execute(said).all()
    promote(connection, tenant, [row.memory_number for row in withdrawn])
    _enter_withdrawals(connection, tenant, withdrawn)
    rename(connection, tenant, {row.memory_id for row in withdrawn})
    return len(withdrawn)


def _enter_withdrawals(connection: sa.Connection, tenant: Tenant, said: Sequence[sa.Row[Any]]) -> None:
    entries = [Operation("withdraw", row.said_of, place(row.origin, row.origin_sequence)) for row in said]
    log_operations(connection, tenant, claim_places(connection, tenant, len(entries)), entries)


def _receipt(
    connection: sa.Connection, kind: str, counts: dict[str, int], tenant: Tenant | None = None
) -> Receipt:
    receipt = Receipt(str(uuid7()), kind, counts, datetime.now(UTC))
    row = {"id": receipt.id, "kind": kind, "counts": counts, "erased_at": receipt.erased_at}
    connection.execute(sa.insert(receipts).values(row))
    if tenant is not None:
        entered = {"tenant_number": tenant.number, "receipt_id": receipt.id}
        entered["log_number"] = last_number(connection, tenant)
        connection.execute(sa.insert(erasures).values(entered))
    return receipt
