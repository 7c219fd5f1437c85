"""Memories of one tenant: stored once, read, forgotten."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.core.errors import MemoryNotFound
from continuum.core.uuid7 import uuid7
from continuum.storage.index import add_to_index, ensure_index, has_index, remove_from_index, search_index
from continuum.storage.tables import memories, repeats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from continuum.core.tenancy import Tenant


@dataclass(frozen=True)
class NewMemory:
    """A text to store, and where it comes from."""

    role: str
    text: str = field(repr=False)
    session: str | None = field(repr=False)
    occurred_at: datetime | None
    metadata: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class StoredMemory:
    """Where a text is stored; ``is_new`` is False when it was there before."""

    number: int
    id: str
    is_new: bool


def store_memory(connection: sa.Connection, tenant: Tenant, memory: NewMemory) -> StoredMemory:
    """Store a text unless the tenant has it in this role, and make it findable.

    A text that is there stays as it is; where and when it came again is noted beside it.
    """
    content_hash = hashlib.sha256(memory.text.encode()).hexdigest()
    provenance = {
        "tenant_number": tenant.number,
        "session": memory.session,
        "occurred_at": memory.occurred_at,
        "created_at": datetime.now(UTC),
        "metadata": memory.metadata,
    }
    # The transaction holds the write lock, so nobody stores the same text between these statements.
    known = connection.execute(
        sa.select(memories.c.number, memories.c.id).where(
            memories.c.tenant_number == tenant.number,
            memories.c.role == memory.role,
            memories.c.content_hash == content_hash,
        )
    ).one_or_none()
    if known is not None:
        connection.execute(sa.insert(repeats).values(provenance | {"memory_number": known.number}))
        return StoredMemory(known.number, known.id, is_new=False)
    content = {"id": str(uuid7()), "role": memory.role, "text": memory.text, "content_hash": content_hash}
    inserted = sa.insert(memories).values(provenance | content).returning(memories.c.number)
    number: int = connection.execute(inserted).scalar_one()
    ensure_index(connection, tenant)
    add_to_index(connection, tenant, number, memory.text)
    return StoredMemory(number, content["id"], is_new=True)


def find_memories(
    connection: sa.Connection, tenant: Tenant, expression: str, limit: int
) -> Sequence[sa.Row[Any]]:
    """Rows of the memories that match an FTS5 expression, best first, with bm25's ``rank``."""
    if not has_index(connection, tenant):
        return []
    matches = search_index(tenant, expression, limit)
    query = (
        sa.select(memories, matches.c.rank)
        .join(matches, matches.c.memory_number == memories.c.number)
        .where(memories.c.tenant_number == tenant.number)
        .order_by(matches.c.rank, memories.c.number.desc())
    )
    return connection.execute(query).all()


def delete_memory(connection: sa.Connection, tenant: Tenant, memory_id: str) -> None:
    """Erase a memory, its repeats, links and index entry.

    Raises:
        MemoryNotFound: the tenant has no such memory.

    """
    mine = (memories.c.tenant_number == tenant.number, memories.c.id == memory_id)
    number = connection.scalar(sa.select(memories.c.number).where(*mine))
    if number is None:
        raise MemoryNotFound("no such memory")
    remove_from_index(connection, tenant, number)
    connection.execute(sa.delete(memories).where(*mine))
