"""Erasing: memories, a session, or a tenant, from every table and index, with a receipt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.core.records import Receipt
from continuum.core.uuid7 import uuid7
from continuum.storage.concepts import concept_numbers, delete_orphans
from continuum.storage.idempotency import blank_requests
from continuum.storage.index import index_of
from continuum.storage.operations import Operation, claim_places, log_operations
from continuum.storage.registry import api_keys, receipts, tenants
from continuum.storage.stats import tenant_stats
from continuum.storage.storing import revive
from continuum.storage.tables import memories, repeats, sessions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from continuum.core.tenancy import Tenant

# SQLite takes 32,766 values in a statement; this leaves room for more than one list of them.
_MOST = 1000


def erase_memories(connection: sa.Connection, tenant: Tenant, ids: Sequence[str]) -> Receipt:
    """Erase the memories of these ids that the tenant has, and everything that came from them alone."""
    mine = (memories.c.tenant_number == tenant.number, memories.c.id.in_(ids))
    rows = connection.execute(sa.select(memories.c.id, memories.c.number).where(*mine)).all()
    counts = _erase(connection, tenant, rows)
    return _receipt(connection, "memories", counts)


def erase_session(connection: sa.Connection, tenant: Tenant, name: str) -> Receipt:
    """Erase what was said in a session; what was said in another too stays, as said there alone."""
    said_here = (repeats.c.tenant_number == tenant.number, repeats.c.session == name)
    forgotten = connection.execute(sa.delete(repeats).where(*said_here)).rowcount
    mine = (memories.c.tenant_number == tenant.number, memories.c.session == name)
    kept = _move_to_repeats(connection, tenant, mine)
    counts = {"memories": 0, "repeats": forgotten, "moved": kept}
    chosen = sa.select(memories.c.id, memories.c.number).where(*mine).order_by(memories.c.number)
    while rows := connection.execute(chosen.limit(_MOST)).all():
        for kind, count in _erase(connection, tenant, rows).items():
            counts[kind] += count
    named = (sessions.c.tenant_number == tenant.number, sessions.c.name == name)
    connection.execute(sa.delete(sessions).where(*named))
    return _receipt(connection, "session", counts)


def erase_tenant(connection: sa.Connection, tenant: Tenant) -> Receipt:
    """Erase a tenant with memories, index, log, keys and name; other tables' rows go with the tenant's."""
    stats = tenant_stats(connection, tenant)
    keys = sa.select(sa.func.count()).where(api_keys.c.tenant_number == tenant.number)
    counts = {"memories": stats.memories, "repeats": stats.repeats, "keys": connection.scalar(keys) or 0}
    index_of(connection).drop(connection, tenant)
    connection.execute(sa.delete(tenants).where(tenants.c.number == tenant.number))
    return _receipt(connection, "tenant", counts)


def _erase(connection: sa.Connection, tenant: Tenant, rows: Sequence[sa.Row[Any]]) -> dict[str, int]:
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
    blank_requests(connection, tenant, ids)
    entries = [Operation("forget", ident) for ident in ids] + [Operation("revive", row.id) for row in revived]
    log_operations(connection, tenant, claim_places(connection, tenant, len(entries)), entries)
    return {"memories": len(rows), "repeats": repeated}


def _move_to_repeats(
    connection: sa.Connection, tenant: Tenant, mine: tuple[sa.ColumnElement[bool], ...]
) -> int:
    """Let memories that were said elsewhere too be said there first."""
    query = (
        sa.select(repeats, memories.c.id.label("memory_id"), memories.c.superseded_by)
        .join(memories, memories.c.number == repeats.c.memory_number)
        .where(*mine, repeats.c.tenant_number == tenant.number)
        .order_by(repeats.c.number)
    )
    first: dict[int, sa.Row[Any]] = {}
    for row in connection.execute(query):
        first.setdefault(row.memory_number, row)
    # Found by what was said around them there, and no longer by what was said here.
    index_of(connection).remove(connection, tenant, list(first))
    for number, row in first.items():
        whose = (memories.c.tenant_number == tenant.number, memories.c.number == number)
        said = {name: row._mapping[name] for name in ("session", "created_at", "occurred_at", "metadata")}  # noqa: SLF001 - public in SQLAlchemy, named so to keep clear of columns
        connection.execute(sa.update(memories).where(*whose).values(said))
        again = (repeats.c.tenant_number == tenant.number, repeats.c.number == row.number)
        connection.execute(sa.delete(repeats).where(*again))
    current = {number: row.session for number, row in first.items() if row.superseded_by is None}
    index_of(connection).add(connection, tenant, current)
    entries = [Operation("move", row.memory_id) for row in first.values()]
    log_operations(connection, tenant, claim_places(connection, tenant, len(entries)), entries)
    return len(first)


def _receipt(connection: sa.Connection, kind: str, counts: dict[str, int]) -> Receipt:
    receipt = Receipt(str(uuid7()), kind, counts, datetime.now(UTC))
    row = {"id": receipt.id, "kind": kind, "counts": counts, "erased_at": receipt.erased_at}
    connection.execute(sa.insert(receipts).values(row))
    return receipt
