"""What a peer tells is taken: entered in the log, then done, in one transaction; all of a batch or nothing.

What a memory is follows from the log alone, whatever the order in which it came: a memory is there as long as it
is said somewhere under an id that nobody has forgotten.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from continuum.federation.errors import BatchRefused, ClocksApart, IdentityShared
from continuum.federation.sayings import take_sayings
from continuum.storage.erasure import erase_forgotten, erase_withdrawn
from continuum.storage.instances import ensure_instances
from continuum.storage.operations import enter_operations, known_sequences
from continuum.storage.prepared import AnyOf, Prepared
from continuum.storage.registry import operations
from continuum.storage.succession import settle

if TYPE_CHECKING:
    from continuum.core.tenancy import Tenant
    from continuum.federation.batches import Batch, Change

_FUTURE_SECONDS: Final = 3600
"""By so much an operation's clock may be ahead; ours would follow it."""
MAX_INSTANCES: Final = 1000
_FORGOTTEN = Prepared(
    sa.select(operations.c.memory_id).where(
        operations.c.tenant_number == sa.bindparam("tenant"),
        AnyOf(operations.c.memory_id, "ids"),
        operations.c.kind == sa.literal_column("'forget'"),
    )
)


@dataclass(frozen=True)
class Taken:
    """What became of a batch: operations entered, those that were here, memories made and erased.

    ``withdrawn`` counts places at which memories are no longer said; ``refused`` sayings whose id belongs to
    another text here, which were entered and not taken.
    """

    entered: int = 0
    known: int = 0
    made: int = 0
    erased: int = 0
    withdrawn: int = 0
    refused: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            self.entered + other.entered,
            self.known + other.known,
            self.made + other.made,
            self.erased + other.erased,
            self.withdrawn + other.withdrawn,
            self.refused + other.refused,
        )


def take_batch(connection: sa.Connection, tenant: Tenant, batch: Batch, own_id: str) -> Taken:
    """Enter and do what is new in a batch, in the transaction of the connection.

    Raises:
        BatchRefused: operations are missing before those of the batch.
        ClocksApart: an operation is from the future.
        IdentityShared: the batch has operations of this instance that it never made.

    """
    new = _new(connection, tenant, batch, own_id)
    if not new:
        return Taken(known=len(batch.changes))
    numbers = ensure_instances(connection, {change.origin for change in new})
    rows = [_row(change, numbers[change.origin]) for change in new]
    enter_operations(connection, tenant, rows, max(change.clock for change in new))
    forgotten = {change.memory_id for change in new if change.kind == "forget"}
    erased = erase_forgotten(connection, tenant, forgotten) if forgotten else 0
    withdrawn: dict[str, set[str]] = {}
    for change in new:
        if change.kind == "withdraw" and change.reference is not None:
            withdrawn.setdefault(change.memory_id, set()).add(change.reference)
    erased += erase_withdrawn(connection, tenant, withdrawn) if withdrawn else 0
    mentioned = {ident for change in new for ident in _ids(change)}
    asked = {"tenant": tenant.number, "ids": list(mentioned)}
    gone = set(_FORGOTTEN.run(connection, asked).scalars())
    said = [change for change in new if change.said is not None and change.memory_id not in gone]
    made, refused = take_sayings(connection, tenant, said, numbers)
    settle(connection, tenant, mentioned)
    known = len(batch.changes) - len(new)
    return Taken(len(new), known, made, erased, sum(map(len, withdrawn.values())), refused)


def _new(connection: sa.Connection, tenant: Tenant, batch: Batch, own_id: str) -> list[Change]:
    known = known_sequences(connection, tenant)
    latest = int((time.time() + _FUTURE_SECONDS) * 1000) << 16
    new = []
    for change in batch.changes:
        last = known.get(change.origin, 0)
        if change.sequence <= last:
            continue
        if change.origin == own_id:
            raise IdentityShared(
                "two databases have the same identity: one is a copy that `continuum restore` didn't make"
            )
        if change.sequence != last + 1:
            raise BatchRefused("operations are missing before those of the batch")
        if change.clock > latest:
            raise ClocksApart(
                "an operation's clock is more than an hour ahead: set the clocks of the instances"
            )
        known[change.origin] = change.sequence
        if len(known) > MAX_INSTANCES:
            raise BatchRefused(f"a tenant is shared by at most {MAX_INSTANCES} instances")
        new.append(change)
    return new


def _row(change: Change, origin_number: int) -> dict[str, Any]:
    return {
        "origin_number": origin_number,
        "sequence": change.sequence,
        "clock": change.clock,
        "kind": change.kind,
        "memory_id": change.memory_id,
        "reference": change.reference,
    }


def _ids(change: Change) -> list[str]:
    ids = [change.memory_id] if change.memory_id else []
    return [*ids, change.reference] if change.kind == "supersede" and change.reference else ids
