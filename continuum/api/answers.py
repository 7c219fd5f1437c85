"""What a response says."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations when it runs
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class FoundAnswer(_Answer):
    """One memory and where it comes from; the last two are ids of other memories."""

    id: str
    text: str
    role: str
    session: str | None
    metadata: dict[str, Any]
    created_at: datetime
    occurred_at: datetime | None
    importance: float
    superseded_by: str | None
    near_duplicate_of: str | None


class PartsAnswer(_Answer):
    """What a score is the sum of: own words, those said around it, session, meaning and date."""

    lexical: float
    neighbours: float
    session: float
    semantic: float
    time: float


class MemoryAnswer(FoundAnswer):
    """One recalled memory, how well it matches and why, and which of its concepts the question names."""

    score: float
    parts: PartsAnswer
    matched_concepts: list[str]


class SearchAnswer(_Answer):
    """A page of memories, newest first; the cursor is null on the last page."""

    memories: list[FoundAnswer]
    next_cursor: str | None
    tenant_id: str


class RecallAnswer(_Answer):
    """Recalled memories, best first, and the same as one text for a prompt."""

    context: str
    memories: list[MemoryAnswer]
    concepts_found: int
    relationships_found: int
    query_time_ms: float
    tenant_id: str


class LearnAnswer(_Answer):
    """What was learned; ``memory_ids`` are in the order of the turn."""

    memory_ids: list[str]
    duplicates: int
    concepts_extracted: int
    decisions_detected: int
    links_created: int
    compounds_found: int
    near_duplicates: int
    tenant_id: str


class TurnAnswer(_Answer):
    """Both halves of a turn."""

    recall: RecallAnswer
    learn: LearnAnswer
    tenant_id: str


class ReceiptAnswer(_Answer):
    """That something was erased, and how many rows of what."""

    id: str
    kind: Literal["memories", "session", "tenant"]
    counts: dict[str, int]
    erased_at: datetime


class ImportAnswer(_Answer):
    """What an import did."""

    lines: int
    new: int
    known: int
    tenant_id: str


class StatsAnswer(_Answer):
    """How much one tenant has stored."""

    memories: int
    repeats: int
    concepts: int
    decisions: int
    links: int
    sessions: int
    last_learned_at: datetime | None
    tenant_id: str


class EntityAnswer(_Answer):
    """One concept."""

    name: str
    type: str
    mentions: int
    first_seen: datetime


class EntitiesAnswer(_Answer):
    """A page of concepts."""

    entities: list[EntityAnswer]
    total: int
    limit: int
    offset: int
    tenant_id: str


class HealthAnswer(_Answer):
    """That the process answers."""

    status: Literal["ok"] = "ok"
    service: Literal["continuum"] = "continuum"
    version: str
    timestamp: datetime


class TenantAnswer(_Answer):
    """One tenant."""

    tenant_id: str
    created_at: datetime


class TenantsAnswer(_Answer):
    """All tenants."""

    tenants: list[TenantAnswer]


class KeyAnswer(_Answer):
    """A new key, which is shown this once."""

    key: str
    key_id: str
    scopes: list[str]
    expires_at: datetime | None
    tenant_id: str
