"""Tenants: made once, found by name."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from continuum.core.errors import TenantNotFound
from continuum.core.tenancy import Tenant, checked_tenant_name
from continuum.storage.registry import tenants
from continuum.storage.upserts import insert_missing


def ensure_tenant(connection: sa.Connection, name: str) -> Tenant:
    """The tenant of this name, made when there is none.

    Raises:
        InvalidTenant: the name hasn't the accepted form.

    """
    row = {"public_id": checked_tenant_name(name), "created_at": datetime.now(UTC)}
    insert_missing(connection, tenants, [row])
    return find_tenant(connection, name)


def find_tenant(connection: sa.Connection, name: str) -> Tenant:
    """The tenant of this name.

    Raises:
        TenantNotFound: there is none.

    """
    number = connection.scalar(sa.select(tenants.c.number).where(tenants.c.public_id == name))
    if number is None:
        raise TenantNotFound("no such tenant; `continuum keys create TENANT` makes one")
    return Tenant(number, name)


def list_tenants(connection: sa.Connection) -> list[tuple[Tenant, datetime]]:
    """All tenants and when they were made, oldest first."""
    rows = connection.execute(sa.select(tenants).order_by(tenants.c.number))
    return [(Tenant(row.number, row.public_id), row.created_at) for row in rows]


def revision(connection: sa.Connection, tenant: Tenant) -> int:
    """How many times the tenant's memories have changed."""
    query = sa.select(tenants.c.revision).where(tenants.c.number == tenant.number)
    return connection.scalar(query) or 0
