"""API keys: only their digests are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.core import credentials
from continuum.core.credentials import Caller
from continuum.core.errors import KeyNotFound
from continuum.core.tenancy import Tenant
from continuum.storage.prepared import Prepared
from continuum.storage.registry import api_keys, tenants

if TYPE_CHECKING:
    from collections.abc import Iterable

# Built once: building it costs more than running it.
_GOOD = Prepared(
    sa.select(
        api_keys.c.digest, api_keys.c.tenant_number, tenants.c.public_id,
        api_keys.c.scopes, api_keys.c.expires_at, api_keys.c.last_used_at,
    )
    .join(tenants, tenants.c.number == api_keys.c.tenant_number)
    .where(api_keys.c.id == sa.bindparam("id"), api_keys.c.revoked_at.is_(None))
)  # fmt: skip
# How exact "last used" is: a key in constant use is written down once in this time.
USE_INTERVAL = timedelta(minutes=1)


@dataclass(frozen=True)
class KeyEntry:
    """What may be shown of a key: everything but the key."""

    id: str
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class IssuedKey:
    """A key that was made in another's place; it can't be shown again."""

    key: str = field(repr=False)
    tenant: Tenant
    scopes: list[str]
    expires_at: datetime | None


def create_key(
    connection: sa.Connection, tenant: Tenant, scopes: Iterable[str], expires_at: datetime | None = None
) -> str:
    """Make a key for a tenant and return it; it can't be shown again."""
    key = credentials.new_key()
    row = {
        "id": credentials.key_id(key),
        "tenant_number": tenant.number,
        "digest": credentials.digest(key),
        "scopes": " ".join(scope for scope in credentials.SCOPES if scope in set(scopes)),
        "created_at": datetime.now(UTC),
        "expires_at": expires_at,
    }
    connection.execute(sa.insert(api_keys).values(row))
    return key


def find_caller(connection: sa.Connection, key: str) -> Caller | None:
    """Whose key this is; None when it is malformed, unknown, revoked or expired."""
    if not credentials.is_well_formed(key):
        return None
    key_id = credentials.key_id(key)
    rows = _GOOD.rows(connection, {"id": key_id})
    # Compared in any case: how long it takes doesn't tell which ids there are.
    if not credentials.matches(key, rows[0][0] if rows else "") or not rows:
        return None
    _, tenant_number, public_id, scopes, expires_at, last_used_at = rows[0]
    now = datetime.now(UTC)
    if expires_at is not None and expires_at <= now:
        return None
    unnoted = last_used_at is None or now - last_used_at >= USE_INTERVAL
    return Caller(Tenant(tenant_number, public_id), key_id, frozenset(scopes.split()), use_is_unnoted=unnoted)


def note_use(connection: sa.Connection, key_id: str) -> None:
    """Write down that a key was used now, unless another request of this minute has."""
    now, used = datetime.now(UTC), api_keys.c.last_used_at
    unnoted = (api_keys.c.id == key_id, sa.or_(used.is_(None), used <= now - USE_INTERVAL))
    connection.execute(sa.update(api_keys).where(*unnoted).values(last_used_at=now))


def list_keys(connection: sa.Connection, tenant: Tenant) -> list[KeyEntry]:
    """The tenant's keys, oldest first."""
    query = (
        sa.select(api_keys).where(api_keys.c.tenant_number == tenant.number).order_by(api_keys.c.created_at)
    )
    return [
        KeyEntry(row.id, row.scopes.split(), row.created_at, row.revoked_at, row.expires_at, row.last_used_at)
        for row in connection.execute(query)
    ]


def rotate_key(connection: sa.Connection, key_id: str, overlap: timedelta) -> IssuedKey:
    """Make a key with the same tenant, scopes and expiry; the old one works on for the overlap and no longer.

    Raises:
        KeyNotFound: no key that still works has this id.

    """
    _check_id(key_id)
    now = datetime.now(UTC)
    own = (api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
    query = sa.select(api_keys, tenants.c.public_id).join(
        tenants, tenants.c.number == api_keys.c.tenant_number
    )
    row = connection.execute(query.where(*own)).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        raise KeyNotFound("no such key that works; `continuum keys list TENANT` shows the ids")
    ends = now + overlap if row.expires_at is None else min(row.expires_at, now + overlap)
    connection.execute(sa.update(api_keys).where(*own).values(expires_at=ends))
    tenant, scopes = Tenant(row.tenant_number, row.public_id), row.scopes.split()
    key = create_key(connection, tenant, scopes, row.expires_at)
    return IssuedKey(key, tenant, scopes, row.expires_at)


def revoke_key(connection: sa.Connection, key_id: str) -> None:
    """Make a key useless from now on; doing so twice keeps the first time.

    Raises:
        KeyNotFound: no key has this id.

    """
    _check_id(key_id)
    now = sa.func.coalesce(api_keys.c.revoked_at, sa.literal(datetime.now(UTC), api_keys.c.revoked_at.type))
    revoked = connection.execute(sa.update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=now))
    if revoked.rowcount == 0:
        raise KeyNotFound("no such key; `continuum keys list TENANT` shows the ids")


def _check_id(key_id: str) -> None:
    # Before the database sees it: what is no id may hold characters that it can't take.
    if not credentials.is_key_id(key_id):
        raise KeyNotFound("no such key; `continuum keys list TENANT` shows the ids")
