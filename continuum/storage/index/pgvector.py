"""What memories mean, compared by PostgreSQL itself where it has the extension pgvector.

The scan is exact, over one tenant's memories: an index for nearest neighbours looks through everybody's, and finds
less the smaller a tenant is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from continuum.core.tenancy import Tenant

DIMENSIONS: Final = 384

_IS_THERE = sa.text("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')")
_IS_ENABLED = sa.text(
    "SELECT EXISTS (SELECT FROM pg_attribute"
    " WHERE attrelid = to_regclass('embeddings') AND attname = 'meaning' AND NOT attisdropped)"
)
_LACKING = sa.text(
    "SELECT memories.number, substr(memories.text, 1, :characters) AS text FROM memories"
    " LEFT JOIN embeddings ON embeddings.memory_number = memories.number AND embeddings.model = :model"
    " WHERE memories.tenant_number = :tenant AND memories.superseded_by IS NULL AND memories.number > :after"
    " AND embeddings.meaning IS NULL ORDER BY memories.number LIMIT :most"
)
_KEEP = sa.text(
    "INSERT INTO embeddings (memory_number, tenant_number, model, vector, meaning)"
    " SELECT number, tenant_number, :model, '', CAST(:meaning AS halfvec) FROM memories"
    " WHERE tenant_number = :tenant AND number = :number ON CONFLICT (memory_number) DO UPDATE"
    " SET model = excluded.model, vector = excluded.vector, meaning = excluded.meaning"
)
# Rows as bytes: unpacking each into objects would take longer than comparing it. <#> is the negative product.
_COMPARE = sa.text(
    "SELECT string_agg(int8send(current.number)"
    " || int8send(coalesce(hashtextextended(current.session, 0), -current.number))"
    " || float8send(-(embeddings.meaning <#> CAST(:question AS halfvec))), '')"
    " FROM (SELECT number, session FROM memories WHERE tenant_number = :tenant AND superseded_by IS NULL"
    " ORDER BY number DESC LIMIT :most) AS current"
    " JOIN embeddings ON embeddings.memory_number = current.number"
    " WHERE embeddings.tenant_number = :tenant AND embeddings.model = :model AND embeddings.meaning IS NOT NULL"
)
PACKED: Final = [("number", ">i8"), ("session", ">i8"), ("own", ">f8")]
"""What ``compare`` gives of each memory; one without a session has a session of its own."""


def enable(connection: sa.Connection) -> bool:
    """Make the extension and its column, as the tables' owner; whether they are there."""
    if not connection.scalar(_IS_THERE):
        return False
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS vector"))
            column = f"ALTER TABLE embeddings ADD COLUMN IF NOT EXISTS meaning halfvec({DIMENSIONS})"
            connection.execute(sa.text(column))
    except sa.exc.DBAPIError:  # the role may not, or the extension is too old, or in a schema that isn't ours
        return False
    return True


def is_enabled(connection: sa.Connection) -> bool:
    """Whether this database compares; asked each time, because its owner may add or drop the extension."""
    return connection.dialect.name == "postgresql" and bool(connection.scalar(_IS_ENABLED))


def lacking(
    connection: sa.Connection, tenant: Tenant, model: str, *, after: int, most: int, characters: int
) -> Sequence[sa.Row[Any]]:
    """Current memories that can't be compared yet, ``number`` and the beginning of ``text``, oldest first."""
    asked = {"tenant": tenant.number, "model": model, "after": after, "most": most, "characters": characters}
    return connection.execute(_LACKING, asked).all()


def keep(
    connection: sa.Connection, tenant: Tenant, model: str, meanings: Sequence[tuple[int, Sequence[float]]]
) -> None:
    """Store vectors by the memories' numbers; those of memories that were forgotten meanwhile are dropped."""
    rows = [
        {"tenant": tenant.number, "number": number, "model": model, "meaning": _text(vector)}
        for number, vector in meanings
    ]
    connection.execute(_KEEP, rows)


def compare(
    connection: sa.Connection, tenant: Tenant, model: str, question: Sequence[float], *, most: int
) -> bytes:
    """How near the newest of a tenant's memories are to a question's vector, packed as ``PACKED`` in any order."""
    asked = {"tenant": tenant.number, "model": model, "question": _text(question), "most": most}
    return bytes(connection.scalar(_COMPARE, asked) or b"")


def _text(vector: Sequence[float]) -> str:
    return f"[{','.join(f'{value:.6g}' for value in vector)}]"
