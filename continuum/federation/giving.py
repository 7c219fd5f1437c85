"""One side of an exchange: a batch for a peer, and what its questions say about how far it has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.federation.batches import MAX_CHANGES, Batch
from continuum.federation.cursors import read_cursor, write_cursor
from continuum.federation.outgoing import read_changes
from continuum.storage.operations import known_sequences, last_number
from continuum.storage.peers import note_acknowledged
from continuum.storage.registry import instances, operations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from continuum.core.tenancy import Tenant
    from continuum.storage.database import Database
    from continuum.storage.peers import Peer


def give(
    database: Database,
    tenant: Tenant,
    peer: Peer,
    cursor: str,
    *,
    limit: int = MAX_CHANGES,
    known_there: Mapping[str, int],
) -> Batch:
    """The batch after a cursor, for a peer that asks; with its cursor it says that it has what comes before.

    Args:
        database: of this instance.
        tenant: whose log.
        peer: who asks.
        cursor: that of the batch before; empty at the beginning.
        limit: how many operations at most; with 0 the peer learns what is known here.
        known_there: the last sequence that the peer has of each instance; it needn't be told what it has.

    Raises:
        CursorRefused: the cursor is none.

    """
    own = database.instance_id
    with database.read(tenant) as connection:
        known = known_sequences(connection, tenant)
        after = read_cursor(cursor, own, last_number(connection, tenant))
        changes, reached, more = read_changes(
            connection, tenant, after, limit=limit, is_known=_knowing(known_there)
        )
    if after > peer.acknowledged:
        with database.write(tenant) as connection:
            note_acknowledged(connection, tenant, peer.key_id, after)
    return Batch(own, known, changes, write_cursor(own, reached), more)


def prepare(database: Database, tenant: Tenant, after: int, known: Mapping[str, int]) -> tuple[Batch, int]:
    """The next batch for a peer that is to be told, and the number of the log that it reaches."""
    with database.read(tenant) as connection:
        changes, reached, more = read_changes(connection, tenant, after, is_known=_knowing(known))
        here = known_sequences(connection, tenant)
    return Batch(database.instance_id, here, changes, "", more), reached


def starting_point(database: Database, tenant: Tenant, peer: Peer, known: Mapping[str, int]) -> int:
    """After which number to go on: the beginning, when the peer has lost what it had acknowledged."""
    last = (
        sa.select(sa.func.max(operations.c.sequence))
        .where(
            operations.c.tenant_number == tenant.number,
            operations.c.origin_number == instances.c.number,
            operations.c.number <= peer.acknowledged,
        )
        .scalar_subquery()
    )
    with database.read(tenant) as connection:
        rows = connection.execute(sa.select(instances.c.id, last.label("last"))).all()
    has_lost = any(row.last is not None and known.get(row.id, 0) < row.last for row in rows)
    return 0 if has_lost else peer.acknowledged


def _knowing(known: Mapping[str, int]) -> Callable[[str, int], bool]:
    return lambda origin, sequence: sequence <= known.get(origin, 0)
