"""Making peers: which addresses and keys are accepted, and what has to be in order before the first exchange."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from continuum.core import credentials
from continuum.core.errors import KeyNotFound, SettingsError
from continuum.federation.identity import checked_public_key, key_id_of
from continuum.federation.keyfiles import drop_api_key, ensure_identity, keep_api_key
from continuum.storage.operations import Operation, claim_places, log_operations
from continuum.storage.peers import drop_peer, pin_peer
from continuum.storage.tables import memories, repeats

if TYPE_CHECKING:
    from continuum.core.tenancy import Tenant
    from continuum.federation.settings import SyncSettings
    from continuum.storage.database import Database

URL_FORM = "https://host[:port][/path], or http:// for this machine"


def add_peer(
    database: Database,
    settings: SyncSettings,
    tenant: Tenant,
    public_key: str,
    *,
    url: str | None = None,
    api_key: str | None = None,
    plain_http: bool = False,
) -> str:
    """Share the tenant with the instance that has the key; the key's id.

    Args:
        database: of this instance.
        settings: where keys are.
        tenant: what is shared; other tenants aren't.
        public_key: as the other instance prints it.
        url: where it is called; without, it only calls.
        api_key: with which it is called: one of its own, for the tenant there, with the scope ``sync``.
        plain_http: allows ``http://`` to other machines, in a network that encrypts by itself.

    Raises:
        SettingsError: key or address has no accepted form.

    """
    key_id = key_id_of(checked_public_key(public_key))
    if key_id == ensure_identity(settings).key_id:
        raise SettingsError("this is the public key of this instance itself")
    if url is not None:
        check_url(url, plain_http=plain_http)
    if api_key is not None:
        if not credentials.is_well_formed(api_key):
            raise SettingsError("an API key begins with cm_, as `continuum keys create` prints it")
        keep_api_key(settings, tenant.number, key_id, api_key)
    with database.write(tenant) as connection:
        pin_peer(connection, tenant, key_id, public_key, url)
        _enter_repeats(connection, tenant)
    return key_id


def remove_peer(database: Database, settings: SyncSettings, tenant: Tenant, key_id: str) -> None:
    """Share the tenant with this peer no longer; what it has stays there.

    Raises:
        KeyNotFound: it isn't a peer.

    """
    with database.write(tenant) as connection:
        if not drop_peer(connection, tenant, key_id):
            raise KeyNotFound("no such peer; `continuum sync peers list` shows the ids")
    drop_api_key(settings, tenant.number, key_id)


def check_url(url: str, *, plain_http: bool = False) -> None:
    """Refuse addresses over which texts would travel for everybody to read, and what is no address.

    Raises:
        SettingsError: it is one of these; nothing of it is told.

    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if (
        host is None
        or parts.scheme not in {"http", "https"}
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise SettingsError("--url must have the form " + URL_FORM)
    if parts.scheme == "http" and not plain_http and not _is_this_machine(host):
        raise SettingsError(
            "--url must be https:// (or give --plain-http, where the network encrypts by itself)"
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _enter_repeats(connection: sa.Connection, tenant: Tenant) -> None:
    """Enter repeats from before repeats had their places in the log."""
    mine = (repeats.c.tenant_number == tenant.number, repeats.c.origin_sequence == 0)
    query = sa.select(repeats.c.number, memories.c.id, memories.c.importance, memories.c.superseded_by).join(
        memories, memories.c.number == repeats.c.memory_number
    )
    rows = connection.execute(query.where(*mine).order_by(repeats.c.number)).all()
    if not rows:
        return
    entries = [Operation("repeat", row.id) for row in rows]
    # A repeat makes current; what was superseded since stays so.
    by = {row.id: row.superseded_by for row in rows if row.superseded_by is not None}
    entries += [Operation("supersede", ident, successor) for ident, successor in by.items()]
    claim = claim_places(connection, tenant, len(entries))
    log_operations(connection, tenant, claim, entries)
    change = sa.update(repeats).where(repeats.c.number == sa.bindparam("of"), *mine)
    values: dict[str, Any] = {
        "origin_sequence": sa.bindparam("sequence"),
        "importance": sa.bindparam("weight"),
    }
    connection.execute(
        change.values(values),
        [
            {"of": row.number, "sequence": claim.first_sequence + offset, "weight": row.importance}
            for offset, row in enumerate(rows)
        ],
    )
