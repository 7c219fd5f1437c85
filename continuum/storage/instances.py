"""The instances that this one has heard of, by number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.storage.registry import instances

if TYPE_CHECKING:
    from collections.abc import Collection

_ADD = sa.text(
    "INSERT INTO instances (number, id, created_at)"
    " SELECT max(number) + 1, :id, :now FROM instances WHERE true ON CONFLICT DO NOTHING"
).bindparams(sa.bindparam("now", type_=instances.c.created_at.type))


def ensure_instances(connection: sa.Connection, ids: Collection[str]) -> dict[str, int]:
    """The numbers of instances; those that are new get one."""
    while True:
        rows = connection.execute(sa.select(instances.c.id, instances.c.number))
        known = {row.id: row.number for row in rows}
        missing = sorted(set(ids) - known.keys())
        if not missing:
            return {ident: known[ident] for ident in ids}
        for ident in missing:
            # A writer of another tenant may have taken the number meanwhile: then once more.
            connection.execute(_ADD, {"id": ident, "now": datetime.now(UTC)})
