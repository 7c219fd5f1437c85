"""The other side of an exchange: a batch of a peer becomes part of this instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from continuum.core.errors import StorageError
from continuum.federation.errors import BatchRefused
from continuum.federation.incoming import Taken, take_batch
from continuum.storage.peers import note_received

if TYPE_CHECKING:
    from continuum.core.services import Services
    from continuum.core.tenancy import Tenant
    from continuum.federation.batches import Batch
    from continuum.storage.peers import Peer


def take(services: Services, tenant: Tenant, peer: Peer, batch: Batch, *, cursor: str | None = None) -> Taken:
    """Take a batch as a whole, and with it write down up to where the peer's log is here.

    Raises:
        BatchRefused: operations are missing before it, or its ids belong to somebody else here.
        ClocksApart: one of its operations is from the future.
        IdentityShared: it has operations of this instance that were never made here.
        TenantNotFound: the tenant has been erased.
        StorageError: the database refused.

    """
    own = services.database.instance_id
    try:
        with services.database.write(tenant) as connection:
            taken = take_batch(connection, tenant, batch, own)
            if cursor is not None:
                note_received(connection, tenant, peer.key_id, cursor)
    except IntegrityError as error:
        raise BatchRefused("ids of the batch belong to another tenant of this database") from error
    except SQLAlchemyError as error:
        raise StorageError("nothing of the batch was taken") from error
    if taken.entered:
        # Also what was said elsewhere too and isn't any more is erased, without a memory that goes.
        services.engine.heed(tenant, learned=taken.made > 0, erased=taken.erased > 0 or taken.withdrawn > 0)
    return taken
