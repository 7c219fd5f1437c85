"""What the engine takes and gives: plain records, whose repr shows no content."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations when it runs
from typing import Any, Final

# Who said it; a note was said by nobody.
ROLES: Final = ("user", "assistant", "system", "tool", "note")
CONTEXT_TOKENS: Final = 8000
"""About so many tokens a context has at most, unless somebody wants another number."""
# About what English has; a text of another language or kind has fewer to a token.
_CHARACTERS_PER_TOKEN: Final = 4


@dataclass(frozen=True)
class Turn:
    """One exchange to learn; ``occurred_at`` is aware, ``metadata`` is JSON-serialisable."""

    user_message: str = field(repr=False)
    ai_response: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)
    occurred_at: datetime | None = None
    metadata: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Note:
    """One text to learn by itself; ``role`` is one of ``ROLES``, ``importance`` between 0 and 1."""

    text: str = field(repr=False)
    role: str = "note"
    session: str | None = field(default=None, repr=False)
    occurred_at: datetime | None = None
    metadata: dict[str, Any] = field(default_factory=dict, repr=False)
    importance: float = 0.5


@dataclass(frozen=True)
class Filters:
    """Which memories are asked for; what is None doesn't matter.

    ``since`` and ``until`` are aware and compared with when a memory occurred, or else was learned; ``until``
    itself is outside. ``concept`` is a concept's name, whatever its case.
    """

    session: str | None = field(default=None, repr=False)
    role: str | None = None
    concept: str | None = field(default=None, repr=False)
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Learned:
    """What learning did.

    ``memory_ids`` are in the order of the texts and include memories that were known before, whose number is
    ``duplicates``. Counts of concepts, decisions and compounds are of the texts; ``links_created`` counts the
    pairs of concepts that the tenant had never had together, ``near_duplicates`` the new memories that are
    like older ones but for case, punctuation and spacing.
    """

    memory_ids: list[str]
    duplicates: int
    concepts_extracted: int
    decisions_detected: int
    links_created: int
    compounds_found: int
    near_duplicates: int = 0


@dataclass(frozen=True)
class FoundMemory:
    """A memory as it is stored; ``superseded_by`` and ``near_duplicate_of`` are ids of other memories."""

    id: str
    role: str
    created_at: datetime
    occurred_at: datetime | None
    importance: float
    superseded_by: str | None
    near_duplicate_of: str | None
    text: str = field(repr=False)
    session: str | None = field(repr=False)
    metadata: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Parts:
    """What a score is the sum of: the memory's own words, those said around it, its session, meaning, date."""

    lexical: float = 0.0
    neighbours: float = 0.0
    session: float = 0.0
    semantic: float = 0.0
    time: float = 0.0


@dataclass(frozen=True)
class RecalledMemory(FoundMemory):
    """A memory that matches; ``score`` is between 0 and 1, where the best match of an answer has 1."""

    score: float
    matched_concepts: list[str] = field(repr=False)
    parts: Parts = Parts()


@dataclass(frozen=True)
class Page:
    """Some memories, newest first; ``next_cursor`` asks for those after them, None when there are none."""

    memories: list[FoundMemory]
    next_cursor: str | None


@dataclass(frozen=True)
class Receipt:
    """That something was erased: memories by id, a session, or a tenant, and how many rows of what."""

    id: str
    kind: str
    counts: dict[str, int]
    erased_at: datetime


@dataclass(frozen=True)
class Imported:
    """What an import did; ``known`` counts lines whose memory was there already."""

    lines: int
    new: int
    known: int


@dataclass(frozen=True)
class Recalled:
    """What a question brought back: the memories, best first, and how many concepts and links they touch."""

    memories: list[RecalledMemory]
    concepts_found: int
    relationships_found: int

    def context(self, tokens: int = CONTEXT_TOKENS) -> str:
        """The memories as lines for a prompt, best first, cut between memories where about so many tokens end."""
        lines: list[str] = []
        room = tokens * _CHARACTERS_PER_TOKEN
        for memory in self.memories:
            line = f"[{memory.role}] {memory.text}"
            room -= len(line) + 1
            if room < 0:
                break
            lines.append(line)
        return "\n".join(lines)


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
