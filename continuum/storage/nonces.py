"""Which signed requests were taken: none is taken twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.storage.registry import nonces

if TYPE_CHECKING:
    from datetime import timedelta

_USE = sa.text(
    "INSERT INTO nonces (key_id, nonce, used_at) VALUES (:key_id, :nonce, :now) ON CONFLICT DO NOTHING"
).bindparams(sa.bindparam("now", type_=nonces.c.used_at.type))


def use_nonce(connection: sa.Connection, key_id: str, nonce: str, lifetime: timedelta) -> bool:
    """Whether a nonce is new; those older than the lifetime, which no signature survives, are forgotten."""
    now = datetime.now(UTC)
    connection.execute(sa.delete(nonces).where(nonces.c.used_at < now - lifetime))
    return connection.execute(_USE, {"key_id": key_id, "nonce": nonce, "now": now}).rowcount == 1
