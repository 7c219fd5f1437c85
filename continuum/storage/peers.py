"""Which instances are a tenant's peers, how far each has come, and who still has to forget a tenant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.storage.registry import api_keys, erasures, forgotten_peerings, peers

if TYPE_CHECKING:
    from continuum.core.records import Receipt
    from continuum.core.tenancy import Tenant


@dataclass(frozen=True)
class Peer:
    """An instance with which a tenant is shared; without an address it is never called."""

    key_id: str
    public_key: str
    url: str | None = field(repr=False)
    cursor: str = field(default="", repr=False)
    acknowledged: int = 0
    met_at: datetime | None = None


@dataclass(frozen=True)
class ForgottenPeering:
    """A peer that has to forget a tenant which is gone here."""

    receipt_id: str
    key_id: str
    public_key: str
    url: str | None = field(repr=False)
    former_number: int


def pin_peer(
    connection: sa.Connection, tenant: Tenant, key_id: str, public_key: str, url: str | None
) -> None:
    """Make an instance a peer of the tenant, or change its address."""
    where = _one(tenant, key_id)
    if connection.execute(sa.update(peers).where(*where).values(url=url)).rowcount:
        return
    row = {"tenant_number": tenant.number, "key_id": key_id, "public_key": public_key, "url": url}
    connection.execute(sa.insert(peers).values(row | {"created_at": datetime.now(UTC)}))


def drop_peer(connection: sa.Connection, tenant: Tenant, key_id: str) -> bool:
    """Make it no peer any more; whether it was one."""
    return bool(connection.execute(sa.delete(peers).where(*_one(tenant, key_id))).rowcount)


def list_peers(connection: sa.Connection, tenant: Tenant) -> list[Peer]:
    """The tenant's peers, in the order in which they were pinned."""
    query = sa.select(peers).where(peers.c.tenant_number == tenant.number)
    return [_peer(row) for row in connection.execute(query.order_by(peers.c.created_at, peers.c.key_id))]


def find_peer(connection: sa.Connection, tenant: Tenant, key_id: str) -> Peer | None:
    """The tenant's peer with this key."""
    row = connection.execute(sa.select(peers).where(*_one(tenant, key_id))).one_or_none()
    return None if row is None else _peer(row)


def note_received(connection: sa.Connection, tenant: Tenant, key_id: str, cursor: str) -> None:
    """Write down up to where the peer's log is here."""
    _note(connection, tenant, key_id, cursor=cursor)


def note_acknowledged(connection: sa.Connection, tenant: Tenant, key_id: str, number: int) -> None:
    """Write down up to which number the peer has our log; it doesn't go back."""
    reached = sa.case((peers.c.acknowledged >= number, peers.c.acknowledged), else_=number)
    _note(connection, tenant, key_id, acknowledged=reached)


def acknowledgements(connection: sa.Connection, tenant: Tenant, receipt_id: str) -> dict[str, bool] | None:
    """Which peers have erased what a receipt is about, too; None when the tenant has no such receipt."""
    mine = (erasures.c.tenant_number == tenant.number, erasures.c.receipt_id == receipt_id)
    number = connection.scalar(sa.select(erasures.c.log_number).where(*mine))
    if number is None:
        return None
    return {peer.key_id: peer.acknowledged >= number for peer in list_peers(connection, tenant)}


def remember_peerings(connection: sa.Connection, tenant: Tenant, receipt: Receipt) -> None:
    """Before a tenant is erased: who else has to forget it."""
    keys = sa.select(api_keys.c.digest, api_keys.c.scopes).where(api_keys.c.tenant_number == tenant.number)
    digests = [row.digest for row in connection.execute(keys) if "sync" in row.scopes.split()]
    rows = [
        {
            "receipt_id": receipt.id, "key_id": peer.key_id, "public_key": peer.public_key, "url": peer.url,
            "former_number": tenant.number, "digests": digests, "erased_at": receipt.erased_at,
        }
        for peer in list_peers(connection, tenant)
    ]  # fmt: skip
    if rows:
        connection.execute(sa.insert(forgotten_peerings), rows)


def forgotten_by_few(connection: sa.Connection) -> list[ForgottenPeering]:
    """The peers that have an address and haven't forgotten yet, oldest erasure first."""
    query = sa.select(forgotten_peerings).where(forgotten_peerings.c.acknowledged_at.is_(None))
    rows = connection.execute(query.order_by(forgotten_peerings.c.erased_at, forgotten_peerings.c.key_id))
    return [_forgotten(row) for row in rows if row.url is not None]


def forgotten_for(connection: sa.Connection, key_id: str, digest: str) -> ForgottenPeering | None:
    """The erasure that a peer asks about with an API key which is gone."""
    rows = connection.execute(sa.select(forgotten_peerings).where(forgotten_peerings.c.key_id == key_id))
    return next((_forgotten(row) for row in rows if digest in row.digests), None)


def note_forgotten(connection: sa.Connection, peering: ForgottenPeering) -> None:
    """Write down that the peer has forgotten the tenant, or has been told to by its own question."""
    mine = (
        forgotten_peerings.c.receipt_id == peering.receipt_id,
        forgotten_peerings.c.key_id == peering.key_id,
        forgotten_peerings.c.acknowledged_at.is_(None),
    )
    # Where it is is of no use any more; by its keys it is told again, should it ask again.
    done = {"acknowledged_at": datetime.now(UTC), "url": None}
    connection.execute(sa.update(forgotten_peerings).where(*mine).values(done))


def forgetting_of(connection: sa.Connection, receipt_id: str) -> dict[str, bool]:
    """Which peers of an erased tenant have forgotten it, too."""
    query = sa.select(forgotten_peerings).where(forgotten_peerings.c.receipt_id == receipt_id)
    return {row.key_id: row.acknowledged_at is not None for row in connection.execute(query)}


def _one(tenant: Tenant, key_id: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return peers.c.tenant_number == tenant.number, peers.c.key_id == key_id


def _note(connection: sa.Connection, tenant: Tenant, key_id: str, **values: Any) -> None:
    change = sa.update(peers).where(*_one(tenant, key_id))
    connection.execute(change.values(met_at=datetime.now(UTC), **values))


def _peer(row: sa.Row[Any]) -> Peer:
    return Peer(row.key_id, row.public_key, row.url, row.cursor, row.acknowledged, row.met_at)


def _forgotten(row: sa.Row[Any]) -> ForgottenPeering:
    return ForgottenPeering(row.receipt_id, row.key_id, row.public_key, row.url, row.former_number)
