"""What the engine takes and gives: plain records, whose repr shows no content."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations when it runs
from typing import Any


@dataclass(frozen=True)
class Turn:
    """One exchange to learn; ``occurred_at`` is aware, ``metadata`` is JSON-serialisable."""

    user_message: str = field(repr=False)
    ai_response: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)
    occurred_at: datetime | None = None
    metadata: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Learned:
    """What learning one turn did.

    ``memory_ids`` are in the order of the turn and include memories that were known before, whose number is
    ``duplicates``. Counts of concepts, decisions and compounds are of the turn; ``links_created`` counts the
    pairs of concepts that the tenant had never had together.
    """

    memory_ids: list[str]
    duplicates: int
    concepts_extracted: int
    decisions_detected: int
    links_created: int
    compounds_found: int


@dataclass(frozen=True)
class RecalledMemory:
    """A memory that matches; ``score`` is between 0 and 1, where the best match of an answer has 1."""

    id: str
    role: str
    score: float
    created_at: datetime
    occurred_at: datetime | None
    text: str = field(repr=False)
    session: str | None = field(repr=False)
    metadata: dict[str, Any] = field(repr=False)
    matched_concepts: list[str] = field(repr=False)


@dataclass(frozen=True)
class Recalled:
    """What a question brought back: the memories, best first, and how many concepts and links they touch."""

    memories: list[RecalledMemory]
    concepts_found: int
    relationships_found: int


@dataclass(frozen=True)
class Entity:
    """A concept as the tenant's memories use it."""

    type: str
    mentions: int
    first_seen: datetime
    name: str = field(repr=False)


@dataclass(frozen=True)
class TenantStats:
    """How much one tenant has stored; ``repeats`` counts turns' texts that were known already."""

    memories: int
    repeats: int
    concepts: int
    decisions: int
    links: int
    sessions: int
    last_learned_at: datetime | None
