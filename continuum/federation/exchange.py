"""An exchange with a peer that has an address: taking what is new there, giving what is new here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import telemetry
from continuum.core.observed import Observed, synced_counts
from continuum.federation.batches import MAX_CHANGES
from continuum.federation.errors import BatchRefused, TenantForgotten
from continuum.federation.giving import prepare, starting_point
from continuum.federation.incoming import Taken
from continuum.federation.taking import take
from continuum.storage.operations import known_sequences
from continuum.storage.peers import note_acknowledged

if TYPE_CHECKING:
    from continuum.core.services import Services
    from continuum.core.tenancy import Tenant
    from continuum.federation.client import PeerClient
    from continuum.storage.peers import Peer


@dataclass(frozen=True)
class Exchanged:
    """What an exchange did; ``forgotten`` says that the peer had erased the tenant, and that it is erased here."""

    taken: Taken = field(default_factory=Taken)
    given: int = 0
    forgotten: bool = False


def exchange(
    services: Services,
    tenant: Tenant,
    peer: Peer,
    client: PeerClient,
    *,
    pull: bool = True,
    push: bool = True,
) -> Exchanged:
    """Take, then give, until nothing is new; each batch stays when a later one fails.

    Raises:
        SyncError: the peer doesn't answer, refuses, or can't be trusted.
        StorageError: the database refused.

    """
    try:
        taken, known = _pull(services, tenant, peer, client) if pull else (Taken(), None)
        return Exchanged(taken, _push(services, tenant, peer, client, known) if push else 0)
    except TenantForgotten:
        services.engine.forget_tenant(tenant)
        return Exchanged(forgotten=True)


def _pull(services: Services, tenant: Tenant, peer: Peer, client: PeerClient) -> tuple[Taken, dict[str, int]]:
    taken = Taken()
    while True:
        with services.database.read(tenant) as connection:
            known = known_sequences(connection, tenant)
        with Observed("sync_pull", tenant, peer=peer.key_id) as observed:
            with telemetry.part("sync.fetch", noted=False):
                batch = client.fetch(peer.cursor, MAX_CHANGES, known)
            if batch.more and batch.cursor == peer.cursor:
                raise BatchRefused("the peer's batches don't end")
            with telemetry.part("sync.apply", noted=False):
                one = take(services, tenant, peer, batch, cursor=batch.cursor)
            observed.tell(synced_counts(records=one.made, known=one.known, erased=one.erased))
        taken += one
        peer = replace(peer, cursor=batch.cursor)
        if not batch.more:
            return taken, batch.known


def _push(
    services: Services, tenant: Tenant, peer: Peer, client: PeerClient, known: dict[str, int] | None
) -> int:
    given = 0
    if known is None:
        known = client.fetch(peer.cursor, 0, {}).known
    after = starting_point(services.database, tenant, peer, known)
    while True:
        batch, reached = prepare(services.database, tenant, after, known)
        if batch.changes:
            with Observed("sync_push", tenant, peer=peer.key_id) as observed:
                known = client.push(batch)
                said = sum(change.said is not None for change in batch.changes)
                observed.tell(synced_counts(records=said))
        if reached > after:
            with services.database.write(tenant) as connection:
                note_acknowledged(connection, tenant, peer.key_id, reached)
        given, after = given + len(batch.changes), reached
        if not batch.more:
            return given
