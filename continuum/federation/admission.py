"""Which peer calls, and whether it may: by its API key, its signature and the tenant's list of peers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from continuum.core import credentials
from continuum.federation.errors import PeerUnknown, RequestReplayed
from continuum.federation.signing import WINDOW_SECONDS, check_call
from continuum.storage.nonces import use_nonce
from continuum.storage.peers import find_peer, forgotten_for

if TYPE_CHECKING:
    from continuum.core.tenancy import Tenant
    from continuum.federation.identity import Identity
    from continuum.federation.signing import Call, Signature
    from continuum.storage.database import Database
    from continuum.storage.peers import ForgottenPeering, Peer

# As long as a signature may be good: from the future at first, from the past at last.
_LIFETIME: Final = timedelta(seconds=2 * WINDOW_SECONDS + 1)


def admit(database: Database, tenant: Tenant, identity: Identity, signature: Signature, call: Call) -> Peer:
    """The tenant's peer that makes the call.

    Raises:
        PeerUnknown: the tenant has no such peer.
        SignatureRefused: the peer didn't sign this call for us.
        ClocksApart: it did so too long ago.
        RequestReplayed: the call came before.

    """
    with database.read(tenant) as connection:
        peer = find_peer(connection, tenant, signature.key_id)
    if peer is None:
        raise PeerUnknown(
            "the signing key is none of this tenant's peers: pin it with `continuum sync peers add`"
        )
    check_call(signature, peer.public_key, identity.key_id, call)
    _use(database, signature)
    return peer


def admit_to_forget(
    database: Database, identity: Identity, signature: Signature, call: Call
) -> ForgottenPeering | None:
    """The erasure that a peer of an erased tenant has to hear of; None when it isn't one."""
    with database.read() as connection:
        found = forgotten_for(connection, signature.key_id, credentials.digest(call.api_key))
    if found is not None:
        check_call(signature, found.public_key, identity.key_id, call)
        _use(database, signature)
    return found


def _use(database: Database, signature: Signature) -> None:
    with database.write() as connection:
        if not use_nonce(connection, signature.key_id, signature.nonce, _LIFETIME):
            raise RequestReplayed("the signed request came before: sign each one anew")
