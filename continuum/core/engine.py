"""The memory engine: what can be done with the memories of a tenant, each in one transaction.

Each method takes the tenant first and has no default for it. Texts are registered with telemetry as content
before anything is done with them, so that they are taken out wherever they might surface.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import telemetry
from continuum.core import exchange, learning, observed, reading
from continuum.core.errors import (
    InvalidFilter,
    InvalidSuccession,
    LearnError,
    MemoryNotFound,
    RecallError,
    StorageError,
)
from continuum.core.provenance import checked_role, checked_session, checked_time
from continuum.core.ranking import search_terms
from continuum.core.records import Entity, Filters, Imported, Learned, Page, Recalled, Receipt, TenantStats
from continuum.core.texts import checked_text, is_storable
from continuum.core.uuid7 import is_uuid
from continuum.storage import erasure, idempotency
from continuum.storage.concepts import list_entities
from continuum.storage.memories import page_memories, supersede_memory
from continuum.storage.raising import raising
from continuum.storage.stats import tenant_stats
from continuum.storage.tenants import revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import sqlalchemy as sa

    from continuum.cache.recall import RecallCache
    from continuum.core.records import Note, Turn
    from continuum.core.tenancy import Tenant
    from continuum.semantic.meaning import Meaning
    from continuum.storage.database import Database
    from continuum.storage.storing import NewMemory

_EVERYTHING = Filters()
MAX_LIMIT: Final = 100
"""How many memories an answer or a page has at most."""


class MemoryEngine:
    """Memories of many tenants in one database, each apart from the others."""

    def __init__(
        self, database: Database, cache: RecallCache | None = None, meaning: Meaning | None = None
    ) -> None:
        self._database = database
        self._cache = cache
        self._meaning = meaning

    @property
    def answers_at_once(self) -> bool:
        """Whether recall asks a file of this machine and nobody else: no server, no cache, no model."""
        return self._database.answers_at_once and self._cache is None and self._meaning is None

    @observed.operation("learn", observed.learned_counts)
    def learn(self, tenant: Tenant, *items: Turn | Note, idempotency_key: str | None = None) -> Learned:
        """Store both sides of turns, and notes, in one transaction: all of them or none.

        Args:
            tenant: whose memories they are to be.
            items: at most 1,000.
            idempotency_key: a request that brings the same key within 24 hours gets the same answer, and
                nothing is stored again.

        Raises:
            InvalidText: one of the texts is not acceptable.
            InvalidProvenance: what comes with one of them isn't.
            BatchTooLarge: there are too many items.
            IdempotencyConflict: the key was used for another request.
            TenantNotFound: the tenant has been erased.
            LearnError: the database refused; nothing was stored.

        """
        memories = learning.memories_of(items)
        transaction = observed.ending_as("learn.commit", self._database.write(tenant))
        with raising(LearnError, "the turn could not be stored"), transaction as connection:
            learned = _learn_once(connection, tenant, memories, idempotency_key)
        self._drop_cached(tenant)
        if self._meaning is not None:
            self._meaning.learned(tenant)
        return learned

    @observed.operation("recall", observed.recalled_counts)
    def recall(self, tenant: Tenant, question: str, limit: int, filters: Filters = _EVERYTHING) -> Recalled:
        """Find the current memories that match a question best, at most ``limit``.

        Raises:
            InvalidText: the question is not an acceptable text.
            InvalidProvenance: a filter has no accepted form.
            InvalidFilter: the limit isn't from 1 to 100.
            RecallError: the database could not be read.

        """
        telemetry.register_content(question)
        terms = search_terms(checked_text(question))
        _check(filters)
        _check_limit(limit)
        if not terms:
            return Recalled([], 0, 0)
        with raising(RecallError, "memories could not be read"):
            if self._cache is not None and filters == _EVERYTHING:
                return self._recall_cached(self._cache, tenant, question, terms, limit)
            return self._recall(tenant, question, terms, limit, filters)

    @observed.operation("search", observed.page_counts)
    def search(
        self,
        tenant: Tenant,
        filters: Filters = _EVERYTHING,
        *,
        words: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """List memories, newest first, page by page; superseded ones too, unless there are words.

        Args:
            tenant: whose memories.
            filters: which of them.
            words: only memories that hold one of these words, in whatever form.
            limit: how many a page has at most.
            cursor: ``next_cursor`` of the page before.

        Raises:
            InvalidText: the words are not an acceptable text.
            InvalidProvenance: a filter has no accepted form.
            InvalidFilter: the cursor is none, or the limit isn't from 1 to 100.
            RecallError: the database could not be read.

        """
        telemetry.register_content(*([] if words is None else [words]))
        terms = [] if words is None else search_terms(checked_text(words))
        _check(filters)
        _check_limit(limit)
        if cursor is not None and not is_uuid(cursor):
            raise InvalidFilter("a cursor is the next_cursor of the page before")
        if words is not None and not terms:
            return Page([], None)
        with raising(RecallError, "memories could not be read"), self._database.read(tenant) as connection:
            rows = page_memories(connection, tenant, filters, limit + 1, terms=terms, before=cursor)
            memories = reading.found(tenant, rows[:limit])
        return Page(memories, memories[-1].id if memories and len(rows) > limit else None)

    @observed.operation("supersede", observed.one_record)
    def supersede(self, tenant: Tenant, memory_id: str, by: str) -> None:
        """Let one memory take the place of another: recall finds it alone, search shows both.

        Raises:
            MemoryNotFound: the tenant lacks one of them.
            InvalidSuccession: ``by`` is the same memory, or superseded itself.
            StorageError: the database refused; nothing was changed.

        """
        _check_ids(memory_id, by)
        with raising(StorageError, "nothing was changed"), self._database.write(tenant) as connection:
            done = supersede_memory(connection, tenant, memory_id, by)
        if not done:
            raise InvalidSuccession("a memory is superseded by another that is current")
        self._drop_cached(tenant)

    @observed.operation("forget", observed.erased_counts)
    def forget(self, tenant: Tenant, memory_id: str) -> Receipt:
        """Erase one memory and everything derived from it alone.

        Raises:
            MemoryNotFound: the tenant has no such memory.
            StorageError: the database refused; nothing was erased.

        """
        _check_ids(memory_id)
        with raising(StorageError, "nothing was erased"), self._database.write(tenant) as connection:
            receipt = erasure.erase_memories(connection, tenant, [memory_id])
            if not receipt.counts["memories"]:
                raise MemoryNotFound("no such memory")
        return self._swept(tenant, receipt)

    @observed.operation("forget_session", observed.erased_counts)
    def forget_session(self, tenant: Tenant, session: str) -> Receipt:
        """Erase what was said in a session; what was also said in another stays, as said there.

        Raises:
            StorageError: the database refused; nothing was erased.

        """
        checked_session(session)
        with raising(StorageError, "nothing was erased"), self._database.write(tenant) as connection:
            receipt = erasure.erase_session(connection, tenant, session)
        return self._swept(tenant, receipt)

    @observed.operation("forget_tenant", observed.erased_counts)
    def forget_tenant(self, tenant: Tenant) -> Receipt:
        """Erase the tenant: memories, index, log, keys and name.

        Raises:
            TenantNotFound: it has been erased before.
            StorageError: the database refused; nothing was erased.

        """
        with raising(StorageError, "nothing was erased"), self._database.write(tenant) as connection:
            receipt = erasure.erase_tenant(connection, tenant)
        return self._swept(tenant, receipt)

    def entities(
        self, tenant: Tenant, *, limit: int, offset: int, entity_type: str | None = None
    ) -> tuple[list[Entity], int]:
        """One page of the tenant's concepts, most mentioned first, and their total number."""
        with raising(RecallError, "memories could not be read"), self._database.read(tenant) as connection:
            entities, total = list_entities(connection, tenant, limit, offset, entity_type)
        telemetry.register_content(*(entity.name for entity in entities))
        return entities, total

    def stats(self, tenant: Tenant) -> TenantStats:
        """How much the tenant has stored."""
        with raising(RecallError, "memories could not be read"), self._database.read(tenant) as connection:
            return tenant_stats(connection, tenant)

    def export(self, tenant: Tenant) -> Iterator[str]:
        """All memories as lines of JSON, oldest first, each page of them from a transaction of its own."""
        with raising(RecallError, "memories could not be read"):
            yield from exchange.export_lines(self._database, tenant)

    @observed.operation("import", observed.imported_counts)
    def import_lines(
        self, tenant: Tenant, lines: Iterable[str | bytes], progress: Callable[[int], None] | None = None
    ) -> Imported:
        """Learn what an export wrote; doing it again changes nothing.

        Args:
            tenant: whose memories they are to be, whoever's they were.
            lines: an export, maybe changed by others meanwhile.
            progress: called with the number of lines done after each transaction.

        Raises:
            InvalidRecord: a line is no record; those of earlier transactions stay imported.
            LearnError: the database refused; the same.

        """
        try:
            with raising(LearnError, "the import could not be stored"):
                return exchange.import_lines(self._database, tenant, lines, progress)
        finally:
            self._drop_cached(tenant)
            if self._meaning is not None:
                self._meaning.learned(tenant)

    def _recall(
        self, tenant: Tenant, question: str, terms: Sequence[str], limit: int, filters: Filters
    ) -> Recalled:
        meaning = self._meaning
        with self._database.read(tenant) as connection:
            return reading.recall(
                connection, tenant, question, terms, filters=filters, limit=limit, meaning=meaning
            )

    def _recall_cached(
        self, cache: RecallCache, tenant: Tenant, question: str, terms: Sequence[str], limit: int
    ) -> Recalled:
        with self._database.read(tenant) as connection:
            state = revision(connection, tenant)

        def work() -> Recalled:
            return self._recall(tenant, question, terms, limit, _EVERYTHING)

        answer = cache.read_through(tenant, state, question, limit, work)
        # Once more for whoever worked it out; for everybody else it is new.
        telemetry.register_content(*(memory.text for memory in answer.memories))
        return answer

    def heed(self, tenant: Tenant, *, learned: bool, erased: bool) -> None:
        """After a peer's changes were stored: let go of what was worked out before, and work out what is new."""
        self._drop_cached(tenant)
        if self._meaning is not None and learned:
            self._meaning.learned(tenant)
        if erased:
            if self._meaning is not None:
                self._meaning.forgot(tenant)
            with raising(StorageError, "erased, but the log of the database may still hold it"):
                self._database.sweep()

    def _swept(self, tenant: Tenant, receipt: Receipt) -> Receipt:
        self._drop_cached(tenant)
        if self._meaning is not None:
            self._meaning.forgot(tenant)
        with raising(StorageError, "erased, but the log of the database may still hold it"):
            self._database.sweep()
        return receipt

    def _drop_cached(self, tenant: Tenant) -> None:
        if self._cache is not None:
            self._cache.forget(tenant)


def _learn_once(
    connection: sa.Connection, tenant: Tenant, memories: Sequence[NewMemory], key: str | None
) -> Learned:
    if key is None:
        return learning.store(connection, tenant, memories)
    digests = learning.key_digest(key), learning.request_digest(memories)
    answered = idempotency.find_answer(connection, tenant, *digests)
    if answered is not None:
        return Learned(**json.loads(answered))
    learned = learning.store(connection, tenant, memories)
    idempotency.keep_answer(connection, tenant, *digests, json.dumps(asdict(learned)))
    return learned


def _check_ids(*ids: str) -> None:
    # Before the database sees them: what is no id may hold characters that it can't take.
    if not all(map(is_uuid, ids)):
        raise MemoryNotFound("no such memory")


def _check_limit(limit: int) -> None:
    if type(limit) is not int or not 1 <= limit <= MAX_LIMIT:
        raise InvalidFilter(f"a limit is a whole number from 1 to {MAX_LIMIT}")


def _check(filters: Filters) -> None:
    checked_session(filters.session)
    checked_time(filters.since)
    checked_time(filters.until)
    if filters.role is not None:
        checked_role(filters.role)
    if filters.concept is not None and not is_storable(filters.concept):
        raise InvalidFilter("a concept is text without NUL or lone surrogates")
