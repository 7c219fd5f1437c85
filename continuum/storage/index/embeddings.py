"""What memories mean, as vectors of one model: which memories lack one, storing them, reading them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.core.tenancy import Tenant
from continuum.storage.index import pgvector
from continuum.storage.registry import tenants
from continuum.storage.tables import embeddings, memories

if TYPE_CHECKING:
    from collections.abc import Sequence

# So much of a text at most tells what it means.
_MOST_CHARACTERS = 4000

_OWN: sa.BindParameter[int] = sa.bindparam("tenant")
_AFTER: sa.BindParameter[int] = sa.bindparam("after")
_SINCE: sa.BindParameter[int] = sa.bindparam("since")
_MOST: sa.BindParameter[int] = sa.bindparam("most")
# Empty where the database has it in a form of its own; see pgvector.py.
_OF_MODEL = (embeddings.c.model == sa.bindparam("model")) & (sa.func.length(embeddings.c.vector) > 0)
_CURRENT = (memories.c.tenant_number == _OWN, memories.c.superseded_by.is_(None))
# Built once: building them costs more than running them.
_LACKING = (
    sa.select(memories.c.number, sa.func.substr(memories.c.text, 1, _MOST_CHARACTERS).label("text"))
    .outerjoin(embeddings, (embeddings.c.memory_number == memories.c.number) & _OF_MODEL)
    .where(*_CURRENT, memories.c.number > _AFTER, embeddings.c.memory_number.is_(None))
    .order_by(memories.c.number)
    .limit(_MOST)
)
_NEWEST = (
    sa.select(embeddings.c.memory_number, memories.c.session, embeddings.c.vector)
    .join(memories, memories.c.number == embeddings.c.memory_number)
    .where(*_CURRENT, embeddings.c.tenant_number == _OWN, embeddings.c.memory_number > _AFTER, _OF_MODEL)
    .order_by(embeddings.c.memory_number.desc())
    .limit(_MOST)
)
_SUM = (
    sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(embeddings.c.memory_number), 0))
    .join(memories, memories.c.number == embeddings.c.memory_number)
    .where(*_CURRENT, embeddings.c.tenant_number == _OWN, embeddings.c.memory_number >= _SINCE, _OF_MODEL)
)


def revisions(connection: sa.Connection) -> list[tuple[Tenant, int]]:
    """All tenants, and a number of each that grows when its memories change."""
    row = tenants.c
    found = connection.execute(sa.select(row.number, row.public_id, row.revision).order_by(row.number))
    return [(Tenant(number, name), revision) for number, name, revision in found]


def lacking(
    connection: sa.Connection, tenant: Tenant, model: str, *, after: int, most: int
) -> Sequence[sa.Row[Any]]:
    """Current memories without a vector of the model, ``number`` and the beginning of ``text``, oldest first."""
    if pgvector.is_enabled(connection):
        return pgvector.lacking(
            connection, tenant, model, after=after, most=most, characters=_MOST_CHARACTERS
        )
    asked = {"tenant": tenant.number, "model": model, "after": after, "most": most}
    return connection.execute(_LACKING, asked).all()


def keep_vectors(
    connection: sa.Connection, tenant: Tenant, model: str, vectors: Sequence[tuple[int, bytes]]
) -> None:
    """Store vectors by the memories' numbers; those of memories that were forgotten meanwhile are dropped.

    A vector is numbers of 16 bits each, the lowest byte first.
    """
    if pgvector.is_enabled(connection):
        meanings = [(number, struct.unpack(f"<{len(vector) // 2}e", vector)) for number, vector in vectors]
        pgvector.keep(connection, tenant, model, meanings)
        return
    rows = [
        {"tenant": tenant.number, "number": number, "model": model, "vector": vector}
        for number, vector in vectors
    ]
    connection.execute(_KEEP, rows)


def newest_vectors(
    connection: sa.Connection, tenant: Tenant, model: str, *, after: int, most: int
) -> Sequence[sa.Row[Any]]:
    """``memory_number``, ``session`` and ``vector`` of current memories with greater numbers, newest first."""
    asked = {"tenant": tenant.number, "model": model, "after": after, "most": most}
    return connection.execute(_NEWEST, asked).all()


def sum_of_vectors(connection: sa.Connection, tenant: Tenant, model: str, *, since: int) -> tuple[int, int]:
    """How many current memories from a number on have vectors, and the sum of their numbers."""
    asked = {"tenant": tenant.number, "model": model, "since": since}
    count, total = connection.execute(_SUM, asked).one()
    return count, int(total)


_KEEP = sa.text(
    "INSERT INTO embeddings (memory_number, tenant_number, model, vector)"
    " SELECT number, tenant_number, :model, :vector FROM memories"
    " WHERE tenant_number = :tenant AND number = :number"
    " ON CONFLICT (memory_number) DO UPDATE SET model = excluded.model, vector = excluded.vector"
).bindparams(sa.bindparam("vector", type_=sa.LargeBinary))
