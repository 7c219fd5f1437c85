"""From rows to the records that the engine gives; every text is registered with telemetry on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import telemetry
from continuum.core.boundary import own_rows
from continuum.core.ranking import CANDIDATES, NEAREST, Candidate, rank
from continuum.core.records import Filters, FoundMemory, Recalled, RecalledMemory
from continuum.core.words import telling_words, words
from continuum.storage.concepts import concepts_of, count_links
from continuum.storage.memories import find_candidates, read_memories, sessions_of, wanted_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

    from continuum.core.ranking import Ranked
    from continuum.core.tenancy import Tenant
    from continuum.semantic.meaning import Meaning
    from continuum.semantic.vectors import Nearness


def recall(
    connection: sa.Connection,
    tenant: Tenant,
    question: str,
    terms: Sequence[str],
    *,
    filters: Filters,
    limit: int,
    meaning: Meaning | None = None,
) -> Recalled:
    """The memories that match best, with what explains them."""
    with telemetry.part("recall.lexical", noted=False):
        most, best = max(limit, CANDIDATES), limit if meaning is None else None
        candidates = find_candidates(connection, tenant, terms, filters, most, best=best)
    if meaning is not None:
        with telemetry.part("recall.semantic", noted=False):
            nearness = meaning.nearness(connection, tenant, question)
            if nearness is not None:
                most = max(limit, NEAREST)
                candidates += _near(connection, tenant, candidates, nearness, filters=filters, most=most)
                candidates = [each._replace(nearness=nearness.of(each.number)) for each in candidates]
    with telemetry.part("recall.fuse", noted=False):
        return _fused(connection, tenant, question, rank(candidates, limit))


def _near(
    connection: sa.Connection,
    tenant: Tenant,
    candidates: Sequence[Candidate],
    nearness: Nearness,
    *,
    filters: Filters,
    most: int,
) -> list[Candidate]:
    """The memories that say nearly the same as the question in other words."""
    among = None if filters == Filters() else wanted_numbers(connection, tenant, filters)
    by_words = {each.number for each in candidates}
    others = [number for number in nearness.nearest(most, among) if number not in by_words]
    sessions = sessions_of(connection, tenant, others)
    return [
        Candidate(number, sessions[number], 0.0, 0.0, 0.0, 0.0) for number in others if number in sessions
    ]


def _fused(connection: sa.Connection, tenant: Tenant, question: str, ranked: Sequence[Ranked]) -> Recalled:
    rows: dict[int, Any] = read_memories(connection, tenant, [each.number for each in ranked])  # as rows are
    telemetry.register_content(*(row.text for row in rows.values()))
    own = {row.number: row for row in own_rows(tenant, rows.values())}
    ranked = [each for each in ranked if each.number in own]
    numbers = [each.number for each in ranked]
    names = concepts_of(connection, tenant, numbers)
    asked = set(telling_words(question))
    memories = [
        RecalledMemory(
            **_fields(own[each.number]),
            score=each.score,
            matched_concepts=[name for name in names[each.number] if asked.intersection(words(name))],
            parts=each.parts,
        )
        for each in ranked
    ]
    distinct = {name for found in names.values() for name in found}
    return Recalled(memories, len(distinct), count_links(connection, tenant, numbers))


def found(tenant: Tenant, rows: Sequence[sa.Row[Any]]) -> list[FoundMemory]:
    """The tenant's memories as they are stored."""
    telemetry.register_content(*(row.text for row in rows))
    return [FoundMemory(**_fields(row)) for row in own_rows(tenant, rows)]


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
