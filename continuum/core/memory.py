"""The memory engine: learn a turn, recall what matters, forget on request.

Each method takes the tenant first and has no default for it. Texts are registered with telemetry as content
before anything is done with them, so that they are taken out wherever they might surface.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

import telemetry
from continuum.core.concepts import extract
from continuum.core.errors import LearnError, RecallError
from continuum.core.ranking import match_expression, relative_scores
from continuum.core.records import Entity, Learned, Recalled, RecalledMemory, TenantStats, Turn
from continuum.core.texts import checked_text
from continuum.core.words import telling_words, words
from continuum.storage.concepts import concepts_of, count_links, delete_orphans, list_entities, store_concepts
from continuum.storage.memories import NewMemory, delete_memory, find_memories, store_memory
from continuum.storage.stats import tenant_stats
from continuum.storage.tenants import count_change, revision

if TYPE_CHECKING:
    import sqlalchemy as sa

    from continuum.cache.recall import RecallCache
    from continuum.core.tenancy import Tenant
    from continuum.storage.database import Database


class MemoryEngine:
    """Memories of many tenants in one database, each apart from the others."""

    def __init__(self, database: Database, cache: RecallCache | None = None) -> None:
        self._database = database
        self._cache = cache

    def learn(self, tenant: Tenant, turn: Turn) -> Learned:
        """Store both sides of a turn, in one transaction.

        Raises:
            InvalidText: a side of the turn is not an acceptable text.
            LearnError: the database refused; nothing was stored.

        """
        sides = [("user", turn.user_message), ("assistant", turn.ai_response)]
        texts = [(role, text) for role, text in sides if text is not None]
        telemetry.register_content(*(text for _, text in texts))
        memories = [
            NewMemory(role, checked_text(text), turn.session, turn.occurred_at, turn.metadata)
            for role, text in texts
        ]
        try:
            with self._database.write() as connection:
                learned = _store(connection, tenant, memories)
                count_change(connection, tenant)
        except SQLAlchemyError as error:
            raise LearnError("the turn could not be stored") from error
        self._drop_cached(tenant)
        return learned

    def recall(self, tenant: Tenant, question: str, limit: int) -> Recalled:
        """Find the memories that match a question best, at most ``limit``.

        Raises:
            InvalidText: the question is not an acceptable text.
            RecallError: the database could not be read.

        """
        telemetry.register_content(question)
        expression = match_expression(checked_text(question))
        if expression is None:
            return Recalled([], 0, 0)
        try:
            return self._recall(tenant, question, expression, limit)
        except SQLAlchemyError as error:
            raise RecallError("memories could not be read") from error

    def forget(self, tenant: Tenant, memory_id: str) -> None:
        """Erase one memory and everything derived from it alone.

        Raises:
            MemoryNotFound: the tenant has no such memory.

        """
        with self._database.write() as connection:
            delete_memory(connection, tenant, memory_id)
            delete_orphans(connection, tenant)
            count_change(connection, tenant)
        self._drop_cached(tenant)

    def entities(
        self, tenant: Tenant, *, limit: int, offset: int, entity_type: str | None = None
    ) -> tuple[list[Entity], int]:
        """One page of the tenant's concepts, most mentioned first, and their total number."""
        with self._database.read() as connection:
            entities, total = list_entities(connection, tenant, limit, offset, entity_type)
        telemetry.register_content(*(entity.name for entity in entities))
        return entities, total

    def stats(self, tenant: Tenant) -> TenantStats:
        """How much the tenant has stored."""
        with self._database.read() as connection:
            return tenant_stats(connection, tenant)

    def _recall(self, tenant: Tenant, question: str, expression: str, limit: int) -> Recalled:
        if self._cache is None:
            return self._search(tenant, question, expression, limit)
        with self._database.read() as connection:
            state = revision(connection, tenant)
        cached = self._cache.get(tenant, state, question, limit)
        if cached is not None:
            telemetry.register_content(*(memory.text for memory in cached.memories))
            return cached
        answer = self._search(tenant, question, expression, limit)
        self._cache.put(tenant, state, question, limit, answer)
        return answer

    def _search(self, tenant: Tenant, question: str, expression: str, limit: int) -> Recalled:
        with self._database.read() as connection:
            rows = find_memories(connection, tenant, expression, limit)
            telemetry.register_content(*(row.text for row in rows))
            numbers = [row.number for row in rows]
            names = concepts_of(connection, tenant, numbers)
            links = count_links(connection, tenant, numbers)
        asked = set(telling_words(question))
        memories = [
            RecalledMemory(
                id=row.id,
                role=row.role,
                score=score,
                created_at=row.created_at,
                occurred_at=row.occurred_at,
                text=row.text,
                session=row.session,
                metadata=row.metadata,
                matched_concepts=[name for name in names[row.number] if asked.intersection(words(name))],
            )
            for row, score in zip(rows, relative_scores([row.rank for row in rows]), strict=True)
        ]
        return Recalled(memories, len({name for found in names.values() for name in found}), links)

    def _drop_cached(self, tenant: Tenant) -> None:
        if self._cache is not None:
            self._cache.forget(tenant)


def _store(connection: sa.Connection, tenant: Tenant, memories: list[NewMemory]) -> Learned:
    stored = [store_memory(connection, tenant, memory) for memory in memories]
    found = [extract(memory.text) for memory in memories]
    links = sum(
        store_concepts(connection, tenant, where.number, concepts)
        for where, concepts in zip(stored, found, strict=True)
        if where.is_new
    )
    distinct = {(concept.type, concept.key): concept for concepts in found for concept in concepts}.values()
    decisions = sum(concept.type == "decision" for concept in distinct)
    return Learned(
        memory_ids=[where.id for where in stored],
        duplicates=sum(not where.is_new for where in stored),
        concepts_extracted=len(distinct) - decisions,
        decisions_detected=decisions,
        links_created=links,
        compounds_found=sum(concept.is_compound for concept in distinct),
    )
