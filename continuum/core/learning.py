"""From turns and notes to memories: checked first, then stored with their concepts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import telemetry
from continuum.core.concepts import extract
from continuum.core.errors import BatchTooLarge
from continuum.core.provenance import (
    checked_importance,
    checked_metadata,
    checked_role,
    checked_session,
    checked_time,
)
from continuum.core.records import Learned, Note, Turn
from continuum.core.texts import checked_text
from continuum.storage.concepts import store_concepts
from continuum.storage.storing import NewMemory, StoredMemory, store_memories

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import sqlalchemy as sa

    from continuum.core.concepts import Concept
    from continuum.core.tenancy import Tenant

MAX_BATCH: Final = 1000
# SQLite takes 32,766 values in a statement; each memory may bring twelve concepts.
_AT_ONCE: Final = 200


def memories_of(items: Sequence[Turn | Note]) -> list[NewMemory]:
    """The texts of turns and notes, in order, registered with telemetry before anything is done with them.

    Raises:
        BatchTooLarge: there are more than ``MAX_BATCH`` items.
        InvalidText: one of the texts is not acceptable.
        InvalidProvenance: what comes with one of them isn't.

    """
    notes = [note for item in items for note in _notes(item)]
    telemetry.register_content(*(note.text for note in notes))
    if len(items) > MAX_BATCH:
        raise BatchTooLarge(f"at most {MAX_BATCH} turns or notes are learned at once")
    return [
        NewMemory(
            checked_role(note.role),
            checked_text(note.text),
            checked_session(note.session),
            checked_time(note.occurred_at),
            checked_metadata(note.metadata),
            checked_importance(note.importance),
        )
        for note in notes
    ]


def store(connection: sa.Connection, tenant: Tenant, memories: Sequence[NewMemory]) -> Learned:
    """Store memories with their concepts, in the transaction of the connection."""
    stored: list[StoredMemory] = []
    distinct: dict[tuple[str, str], Concept] = {}
    links = 0
    for begin in range(0, len(memories), _AT_ONCE):
        some = memories[begin : begin + _AT_ONCE]
        with telemetry.part("learn.extract", {"continuum.memory.size": _size(some)}, noted=False):
            found = [extract(memory.text) for memory in some]
        with telemetry.part("learn.store", noted=False):
            placed = store_memories(connection, tenant, some)
        new = {where.number: concepts for where, concepts in zip(placed, found, strict=True) if where.is_new}
        with telemetry.part("learn.link", noted=False):
            links += store_concepts(connection, tenant, new)
        stored += placed
        distinct |= {(concept.type, concept.key): concept for concepts in found for concept in concepts}
    decisions = sum(concept.type == "decision" for concept in distinct.values())
    return Learned(
        memory_ids=[where.id for where in stored],
        duplicates=sum(not where.is_new for where in stored),
        concepts_extracted=len(distinct) - decisions,
        decisions_detected=decisions,
        links_created=links,
        compounds_found=sum(concept.is_compound for concept in distinct.values()),
        near_duplicates=sum(where.near_duplicate_of is not None for where in stored),
    )


def request_digest(memories: Sequence[NewMemory]) -> str:
    """The same for the same request, whatever key it brings."""
    said = json.dumps([asdict(memory) for memory in memories], default=str)
    # Once more, because keys that aren't all texts can't be sorted before.
    return _digest(json.dumps(json.loads(said), sort_keys=True))


def key_digest(key: str) -> str:
    """An Idempotency-Key as it is kept."""
    return _digest(key)


def _size(memories: Sequence[NewMemory]) -> int:
    """Characters of all texts."""
    return sum(len(memory.text) for memory in memories)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _notes(item: Turn | Note) -> Iterator[Note]:
    if isinstance(item, Note):
        yield item
        return
    for role, text in (("user", item.user_message), ("assistant", item.ai_response)):
        if text is not None:
            yield Note(text, role, item.session, item.occurred_at, item.metadata)
