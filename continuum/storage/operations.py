"""The operation log of one tenant: what was done, in which order, without what was said.

An operation is known everywhere by its tenant, its origin and its sequence. The sequence has no gaps and is
committed in order, so "everything of this origin after that sequence" misses nothing. Operations of other
instances are entered in the order in which they came, so each stands after all that its instance knew.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

import sqlalchemy as sa

from continuum.core.errors import TenantNotFound
from continuum.storage.prepared import Prepared
from continuum.storage.registry import instances, operations, tenants

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from continuum.core.tenancy import Tenant

Kind = Literal["learn", "repeat", "supersede", "revive", "forget", "withdraw", "withheld", "move"]
"""``withdraw``: that a memory was said somewhere is erased, and it was said elsewhere too. ``withheld``: the place
of what another instance keeps to itself. ``move`` stands in older logs only and means nothing any more."""
THIS_INSTANCE: Final = 1
_COUNTER_BITS = 16


def _claiming() -> sa.Update:
    row, count = tenants.c, sa.bindparam("count", type_=sa.BigInteger)
    wall = sa.bindparam("wall", type_=sa.BigInteger)
    change = sa.update(tenants).where(row.number == sa.bindparam("tenant"))
    later = sa.case((row.clock >= wall, row.clock), else_=wall) + count
    return change.values(revision=row.revision + 1, last_sequence=row.last_sequence + count, clock=later)


# Statements of the hot path are built once: building them costs more than running them.
_CLAIM = Prepared(_claiming().returning(tenants.c.last_sequence, tenants.c.clock))
_LOG = Prepared(sa.insert(operations), [
    "tenant_number", "origin_number", "sequence", "clock", "kind", "memory_id", "reference", "created_at",
])  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One change of one memory; ``reference`` is an id or a ``place`` that belongs to it, never a text."""

    kind: Kind
    memory_id: str
    reference: str | None = None


@dataclass(frozen=True)
class Claim:
    """Consecutive places in the log, and the time of all of them."""

    first_sequence: int
    first_clock: int
    moment: datetime


def claim_places(connection: sa.Connection, tenant: Tenant, count: int) -> Claim:
    """Reserve places and begin a new revision; nobody else changes the tenant until the transaction ends.

    Raises:
        TenantNotFound: the tenant has been erased.

    """
    now = time.time()
    # The clock never runs backwards, whatever the system's does: it goes on counting from where it was.
    wall = int(now * 1000) << _COUNTER_BITS
    claimed = _CLAIM.rows(connection, {"tenant": tenant.number, "count": count, "wall": wall})
    if not claimed:
        raise TenantNotFound("the tenant has been erased")
    ((sequence, clock),) = claimed
    return Claim(sequence - count + 1, clock - count + 1, datetime.fromtimestamp(now, UTC))


def log_operations(
    connection: sa.Connection, tenant: Tenant, claim: Claim, entries: Sequence[Operation]
) -> None:
    """Append operations of this instance in the places claimed for them."""
    rows = [
        {
            "tenant_number": tenant.number,
            "origin_number": THIS_INSTANCE,
            "sequence": claim.first_sequence + offset,
            "clock": claim.first_clock + offset,
            "kind": entry.kind,
            "memory_id": entry.memory_id,
            "reference": entry.reference,
            "created_at": claim.moment,
        }
        for offset, entry in enumerate(entries)
    ]
    if rows:
        _LOG.run_all(connection, rows)


def enter_operations(
    connection: sa.Connection, tenant: Tenant, rows: Sequence[Mapping[str, Any]], clock: int
) -> None:
    """Append operations of other instances, and let what is done here from now on come after ``clock``."""
    now = datetime.now(UTC)
    own = {"tenant_number": tenant.number, "created_at": now}
    if rows:
        _LOG.run_all(connection, [{**row, **own} for row in rows])
    row = tenants.c
    later = sa.case((row.clock >= clock, row.clock), else_=clock)
    change = sa.update(tenants).where(row.number == tenant.number)
    connection.execute(change.values(revision=row.revision + 1, clock=later))


def known_sequences(connection: sa.Connection, tenant: Tenant) -> dict[str, int]:
    """The last sequence that is known of each instance, by its id."""
    last = (
        sa.select(sa.func.max(operations.c.sequence))
        .where(operations.c.tenant_number == tenant.number, operations.c.origin_number == instances.c.number)
        .scalar_subquery()
    )
    rows = connection.execute(sa.select(instances.c.id, last.label("last")))
    return {row.id: row.last for row in rows if row.last is not None}


def last_number(connection: sa.Connection, tenant: Tenant) -> int:
    """The number of the tenant's newest entry in this database's log; 0 when there is none."""
    query = sa.select(sa.func.max(operations.c.number)).where(operations.c.tenant_number == tenant.number)
    return connection.scalar(query) or 0


def place(instance_id: str, sequence: int) -> str:
    """An operation as another one refers to it."""
    return f"{instance_id}/{sequence}"
