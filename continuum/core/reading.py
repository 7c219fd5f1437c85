"""From rows to the records that the engine gives; every text is registered with telemetry on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import telemetry
from continuum.core.ranking import relative_scores
from continuum.core.records import FoundMemory, Recalled, RecalledMemory
from continuum.core.words import telling_words, words
from continuum.storage.concepts import concepts_of, count_links
from continuum.storage.memories import rank_memories

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

    from continuum.core.records import Filters
    from continuum.core.tenancy import Tenant


def recall(
    connection: sa.Connection,
    tenant: Tenant,
    question: str,
    terms: Sequence[str],
    *,
    filters: Filters,
    limit: int,
) -> Recalled:
    """The memories that match best, with what explains them."""
    rows = rank_memories(connection, tenant, terms, filters, limit)
    telemetry.register_content(*(row.text for row in rows))
    numbers = [row.number for row in rows]
    names = concepts_of(connection, tenant, numbers)
    asked = set(telling_words(question))
    memories = [
        RecalledMemory(
            **_fields(row),
            score=score,
            matched_concepts=[name for name in names[row.number] if asked.intersection(words(name))],
        )
        for row, score in zip(rows, relative_scores([row.strength for row in rows]), strict=True)
    ]
    distinct = {name for found in names.values() for name in found}
    return Recalled(memories, len(distinct), count_links(connection, tenant, numbers))


def found(rows: Sequence[sa.Row[Any]]) -> list[FoundMemory]:
    """Memories as they are stored."""
    telemetry.register_content(*(row.text for row in rows))
    return [FoundMemory(**_fields(row)) for row in rows]


def _fields(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "role": row.role,
        "created_at": row.created_at,
        "occurred_at": row.occurred_at,
        "importance": row.importance,
        "superseded_by": row.superseded_by,
        "near_duplicate_of": row.near_duplicate_of,
        "text": row.text,
        "session": row.session,
        "metadata": row.metadata,
    }
