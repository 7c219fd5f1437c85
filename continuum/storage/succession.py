"""Which memory takes the place of another: worked out from the log, so that all instances come to the same.

The last word on a memory counts, by clock, then instance, then sequence: it is superseded when that says so and
its successor is there, and current when it was learned, repeated or revived since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.storage import aliases
from continuum.storage.index import index_of
from continuum.storage.prepared import AnyOf, Prepared
from continuum.storage.registry import instances, operations
from continuum.storage.tables import memories

if TYPE_CHECKING:
    from collections.abc import Collection

    from continuum.core.tenancy import Tenant

    Moment = tuple[int, str, int]

_MINE = operations.c.tenant_number == sa.bindparam("tenant")
_SUCCESSIONS = sa.select(operations.c.memory_id, operations.c.reference).where(
    _MINE, operations.c.kind == "supersede"
)
_FROM = Prepared(_SUCCESSIONS.where(AnyOf(operations.c.memory_id, "ids")))
_TO = Prepared(_SUCCESSIONS.where(AnyOf(operations.c.reference, "ids")))
_KINDS: list[sa.ColumnElement[str]] = [
    sa.literal_column(f"'{kind}'") for kind in ("learn", "repeat", "revive", "supersede")
]
_WORDS = Prepared(
    sa.select(
        operations.c.memory_id, operations.c.kind, operations.c.reference, operations.c.clock,
        instances.c.id.label("origin"), operations.c.sequence,
    )
    .join(instances, instances.c.number == operations.c.origin_number)
    .where(_MINE, AnyOf(operations.c.memory_id, "ids"), operations.c.kind.in_(_KINDS))
)  # fmt: skip
_STORED = Prepared(
    sa.select(memories.c.id, memories.c.number, memories.c.session, memories.c.superseded_by).where(
        memories.c.tenant_number == sa.bindparam("tenant"), AnyOf(memories.c.id, "ids")
    )
)


def settle(connection: sa.Connection, tenant: Tenant, ids: Collection[str]) -> None:
    """Make memories current or superseded as the log says: these, and those with which they are connected."""
    members = _connected(connection, tenant, ids)
    if not members:
        return
    asked = {"tenant": tenant.number, "ids": list(set(members.values()))}
    stored = {row.id: row for row in _STORED.run(connection, asked)}
    successors = _successors(connection, tenant, members, stored.keys())
    changed = [row for row in stored.values() if row.superseded_by != successors.get(row.id)]
    for row in changed:
        mine = (memories.c.tenant_number == tenant.number, memories.c.number == row.number)
        connection.execute(sa.update(memories).where(*mine).values(superseded_by=successors.get(row.id)))
    gone = [row.number for row in changed if row.superseded_by is None]
    if gone:
        index_of(connection).remove(connection, tenant, gone)
    back = {row.number: row.session for row in changed if row.id not in successors}
    if back:
        index_of(connection).add(connection, tenant, back)


def _connected(connection: sa.Connection, tenant: Tenant, ids: Collection[str]) -> dict[str, str]:
    """All ids that a succession ever connected with these, each with its memory's; none where there is none."""
    members: dict[str, str] = {}
    new = set(ids)
    is_connected = False
    while new:
        known = aliases.resolve(connection, tenant, new)
        known |= aliases.others(connection, tenant, set(known.values()))
        known |= {memory_id: memory_id for memory_id in known.values()}
        members |= known
        asked = {"tenant": tenant.number, "ids": list(known)}
        rows: list[Any] = [row for query in (_FROM, _TO) for row in query.run(connection, asked)]
        is_connected = is_connected or bool(rows)
        new = {ident for row in rows for ident in (row.memory_id, row.reference)} - members.keys()
    return members if is_connected else {}


def _successors(
    connection: sa.Connection, tenant: Tenant, members: dict[str, str], stored: Collection[str]
) -> dict[str, str]:
    last: dict[str, tuple[Moment, str | None]] = {}
    for row in _WORDS.run(connection, {"tenant": tenant.number, "ids": list(members)}):
        said = ((row.clock, row.origin, row.sequence), row.reference if row.kind == "supersede" else None)
        memory_id = members[row.memory_id]
        last[memory_id] = max(last.get(memory_id, said), said, key=lambda word: word[0])
    moments = {memory_id: moment for memory_id, (moment, _) in last.items()}
    successors = {
        memory_id: members[by]
        for memory_id, (_, by) in last.items()
        if by is not None and members[by] != memory_id and memory_id in stored and members[by] in stored
    }
    _break_circles(successors, moments)
    return successors


def _break_circles(successors: dict[str, str], moments: dict[str, Moment]) -> None:
    """Of memories that supersede each other in a circle, the one superseded last stays current."""
    seen: set[str] = set()
    for start in sorted(successors):
        path: list[str] = []
        at = start
        while at in successors and at not in seen:
            seen.add(at)
            path.append(at)
            at = successors[at]
        if at in path:
            del successors[max(path[path.index(at) :], key=moments.__getitem__)]
