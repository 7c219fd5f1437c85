"""Whether what is stored agrees with itself: file, tables, index and operation log."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from continuum.storage.index import index_of
from continuum.storage.operations import THIS_INSTANCE
from continuum.storage.registry import operations, tenants
from continuum.storage.tables import (
    concept_links,
    concepts,
    embeddings,
    memories,
    memory_concepts,
    repeats,
)
from continuum.storage.tenants import list_tenants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from continuum.core.tenancy import Tenant
    from continuum.storage.database import Database

_ROWS: Final = 1000
# What a row has to stand with: a row of its own tenant.
_PARENTS: Final = (
    (repeats.c.memory_number, memories.c.number),
    (memory_concepts.c.memory_number, memories.c.number),
    (memory_concepts.c.concept_number, concepts.c.number),
    (concept_links.c.memory_number, memories.c.number),
    (embeddings.c.memory_number, memories.c.number),
    (concept_links.c.source_number, concepts.c.number),
    (concept_links.c.target_number, concepts.c.number),
)


@dataclass(frozen=True)
class Finding:
    """Something that should not be: what, of how many rows, and the internal number of the tenant."""

    what: str
    count: int
    tenant: int | None = None


def verify(database: Database) -> Iterator[Finding]:
    """Look at everything, while others may write; there are no findings in a sound database.

    A tenant that is made or erased meanwhile is left out.
    """
    with database.read() as connection:
        found = [tenant for tenant, _ in list_tenants(connection)]
    if isinstance(database.place, Path):
        with database.read() as connection:
            yield from _some(_of_file(connection))
        yield from _some(_of_indexes(database))
    for tenant in found:
        with database.read(tenant) as connection:
            yield from _some(_of_tenant(connection, tenant), tenant)


def _some(counts: Iterator[tuple[str, int]], tenant: Tenant | None = None) -> Iterator[Finding]:
    for what, count in counts:
        if count:
            yield Finding(what, count, None if tenant is None else tenant.number)


def _of_file(connection: sa.Connection) -> Iterator[tuple[str, int]]:
    said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    yield "damaged places of the file", 0 if said == ["ok"] else len(said)
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    yield "rows that refer to rows which aren't there", len(lost)


def _of_indexes(database: Database) -> Iterator[tuple[str, int]]:
    there = sa.text("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE %'")
    with database.read() as connection:
        names = connection.scalars(there).all()
    damaged = 0
    for name in names:
        began = time.monotonic()
        # A question that FTS5 takes for a write: others wait for one index, and not for all of them.
        with database.write() as connection:
            if name not in connection.scalars(there).all():
                continue
            try:
                connection.exec_driver_sql(f"INSERT INTO {name}({name}) VALUES ('integrity-check')")  # noqa: S608 - a table's name
            except sa.exc.DatabaseError:
                damaged += 1
        # Who waits to write only tries now and then.
        time.sleep(time.monotonic() - began)
    yield "damaged full-text indexes", damaged


def _of_tenant(connection: sa.Connection, tenant: Tenant) -> Iterator[tuple[str, int]]:
    mine = memories.c.tenant_number == tenant.number
    current = sa.select(memories.c.number).where(mine, memories.c.superseded_by.is_(None))
    stored, indexed = set(connection.scalars(current)), index_of(connection).numbers(connection, tenant)
    yield "memories that the index lacks", len(stored - indexed)
    yield "entries of the index without a current memory", len(indexed - stored)
    yield "memories whose text isn't the one that was learned", _changed_texts(connection, mine)
    yield "memories without an entry in the operation log", _unlogged(connection, tenant)
    yield "gaps of the operation log", _gaps(connection, tenant)
    for child, parent in _PARENTS:
        what = f"{child.table.name} without one of the {parent.table.name} of its tenant"
        yield what, _strays(connection, tenant, child, parent)


def _changed_texts(connection: sa.Connection, mine: sa.ColumnElement[bool]) -> int:
    columns = (memories.c.number, memories.c.text, memories.c.content_hash)
    query = sa.select(*columns).where(mine).order_by(memories.c.number).limit(_ROWS)
    changed = after = 0
    while rows := connection.execute(query.where(memories.c.number > after)).all():
        changed += sum(hashlib.sha256(row.text.encode()).hexdigest() != row.content_hash for row in rows)
        after = rows[-1].number
    return changed


def _unlogged(connection: sa.Connection, tenant: Tenant) -> int:
    entry = sa.exists().where(
        operations.c.tenant_number == tenant.number,
        operations.c.memory_id == memories.c.id,
        # What was learned in a private session elsewhere comes with where it was repeated.
        operations.c.kind.in_(("learn", "repeat")),
    )
    return _count(
        connection, sa.select(memories.c.id).where(memories.c.tenant_number == tenant.number, ~entry)
    )


def _gaps(connection: sa.Connection, tenant: Tenant) -> int:
    """How many numbers are missing in, or are too many for, what each instance has counted."""
    places = sa.select(operations.c.origin_number, sa.func.count(), sa.func.max(operations.c.sequence))
    mine = places.where(operations.c.tenant_number == tenant.number).group_by(operations.c.origin_number)
    entered = {origin: (count, last) for origin, count, last in connection.execute(mine)}
    count, last = entered.pop(THIS_INSTANCE, (0, 0))
    counted = sa.select(tenants.c.last_sequence).where(tenants.c.number == tenant.number)
    reached = connection.scalar(counted) or 0
    # What others have counted since is for them to know.
    of_others = sum(last - count for count, last in entered.values())
    return int((abs(reached - count) or abs(reached - last)) + of_others)


def _strays(connection: sa.Connection, tenant: Tenant, child: sa.Column[Any], parent: sa.Column[Any]) -> int:
    whose = sa.exists().where(parent == child, parent.table.c.tenant_number == tenant.number)
    own = child.table.c.tenant_number == tenant.number
    return _count(connection, sa.select(child).where(own, ~whose))


def _count(connection: sa.Connection, query: sa.Select[Any]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
