"""Which sessions stay on this instance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.storage.tables import sessions
from continuum.storage.upserts import insert_missing

if TYPE_CHECKING:
    from continuum.core.tenancy import Tenant


def mark_private(connection: sa.Connection, tenant: Tenant, name: str, *, is_private: bool) -> None:
    """Keep a session from peers or don't; it may be marked before anything is said in it."""
    row = {"tenant_number": tenant.number, "name": name, "created_at": datetime.now(UTC)}
    insert_missing(connection, sessions, [row])
    mine = (sessions.c.tenant_number == tenant.number, sessions.c.name == name)
    connection.execute(sa.update(sessions).where(*mine).values(is_private=is_private))
