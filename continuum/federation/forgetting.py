"""Tenants that are erased here are erased at their peers, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from continuum.federation.client import PeerClient
from continuum.federation.errors import SyncError
from continuum.federation.keyfiles import drop_api_key, load_api_key
from continuum.storage.peers import forgotten_by_few, note_forgotten

if TYPE_CHECKING:
    from continuum.federation.identity import Identity
    from continuum.federation.settings import SyncSettings
    from continuum.storage.database import Database


def tell_forgotten(
    database: Database, settings: SyncSettings, identity: Identity
) -> tuple[int, list[SyncError]]:
    """Have peers erase tenants that are erased here: how many did now, and why others didn't."""
    with database.read() as connection:
        waiting = forgotten_by_few(connection)
    done, errors = 0, []
    for peering in waiting:
        try:
            api_key = load_api_key(settings, peering.former_number, peering.key_id)
            client = PeerClient(identity, peering.url or "", peering.key_id, peering.public_key, api_key)
            client.forget_tenant()
        except SyncError as error:
            errors.append(error)  # the next exchange tries again
            continue
        with database.write() as connection:
            note_forgotten(connection, peering)
        drop_api_key(settings, peering.former_number, peering.key_id)
        done += 1
    return done, errors
