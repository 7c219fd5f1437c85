"""API keys: only their digests are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.core import credentials
from continuum.core.credentials import Caller
from continuum.core.errors import KeyNotFound
from continuum.core.tenancy import Tenant
from continuum.storage.tables import api_keys, tenants

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class KeyEntry:
    """What may be shown of a key: everything but the key."""

    id: str
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None


def create_key(connection: sa.Connection, tenant: Tenant, scopes: Iterable[str]) -> str:
    """Make a key for a tenant and return it; it can't be shown again."""
    key = credentials.new_key()
    row = {
        "id": credentials.key_id(key),
        "tenant_number": tenant.number,
        "digest": credentials.digest(key),
        "scopes": " ".join(scope for scope in credentials.SCOPES if scope in set(scopes)),
        "created_at": datetime.now(UTC),
    }
    connection.execute(sa.insert(api_keys).values(row))
    return key


def find_caller(connection: sa.Connection, key: str) -> Caller | None:
    """Whose key this is; None when it is malformed, unknown or revoked."""
    if not credentials.is_well_formed(key):
        return None
    query = (
        sa.select(api_keys, tenants.c.public_id)
        .join(tenants, tenants.c.number == api_keys.c.tenant_number)
        .where(api_keys.c.id == credentials.key_id(key), api_keys.c.revoked_at.is_(None))
    )
    row = connection.execute(query).one_or_none()
    if row is None or not credentials.matches(key, row.digest):
        return None
    return Caller(Tenant(row.tenant_number, row.public_id), row.id, frozenset(row.scopes.split()))


def list_keys(connection: sa.Connection, tenant: Tenant) -> list[KeyEntry]:
    """The tenant's keys, oldest first."""
    query = (
        sa.select(api_keys).where(api_keys.c.tenant_number == tenant.number).order_by(api_keys.c.created_at)
    )
    return [
        KeyEntry(row.id, row.scopes.split(), row.created_at, row.revoked_at)
        for row in connection.execute(query)
    ]


def revoke_key(connection: sa.Connection, key_id: str) -> None:
    """Make a key useless from now on; doing so twice keeps the first time.

    Raises:
        KeyNotFound: no key has this id.

    """
    now = sa.func.coalesce(api_keys.c.revoked_at, sa.literal(datetime.now(UTC), api_keys.c.revoked_at.type))
    revoked = connection.execute(sa.update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=now))
    if revoked.rowcount == 0:
        raise KeyNotFound("no such key; `continuum keys list TENANT` shows the ids")
