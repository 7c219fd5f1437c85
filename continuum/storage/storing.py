"""Storing texts of one tenant: once each, findable, and logged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

import telemetry
from continuum.core.likeness import likeness
from continuum.core.uuid7 import uuid7
from continuum.storage.index import index_of
from continuum.storage.operations import THIS_INSTANCE, Operation, claim_places, log_operations
from continuum.storage.prepared import AnyOf, Prepared
from continuum.storage.succession import settle
from continuum.storage.tables import memories, repeats, sessions
from continuum.storage.upserts import insert_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from continuum.core.tenancy import Tenant


# Statements of the hot path are built once: building them costs more than running them.
_MINE = memories.c.tenant_number == sa.bindparam("tenant")
_KNOWN = Prepared(
    sa.select(memories.c.role, memories.c.content_hash, memories.c.id).where(
        _MINE,
        # Without the roles, the unique index would be of no use.
        AnyOf(memories.c.role, "roles"),
        AnyOf(memories.c.content_hash, "hashes"),
    )
)
_ALIKE = Prepared(
    sa.select(memories.c.likeness, memories.c.id)
    .where(_MINE, AnyOf(memories.c.likeness, "likenesses"))
    .order_by(memories.c.number.desc())
)
_INSERT = sa.insert(memories).returning(memories.c.id, memories.c.number)
_INSERT_ONE = Prepared(
    _INSERT,
    [
        "tenant_number", "session", "occurred_at", "created_at", "metadata", "id", "role", "text", "content_hash",
        "importance", "likeness", "near_duplicate_of", "origin_number", "origin_sequence",
    ],
)  # fmt: skip


@dataclass(frozen=True)
class NewMemory:
    """A text to store, and where it comes from; an imported one brings ``id`` and ``created_at``."""

    role: str
    text: str = field(repr=False)
    session: str | None = field(repr=False)
    occurred_at: datetime | None
    metadata: dict[str, Any] = field(repr=False)
    importance: float = 0.5
    id: str | None = None
    created_at: datetime | None = None

    @cached_property
    def content(self) -> tuple[str, str]:
        """By what the same memory is recognised: its role, and a hash of its text."""
        return self.role, hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def likeness(self) -> str:
        """By what near duplicates are recognised."""
        return likeness(self.text)


@dataclass(frozen=True)
class StoredMemory:
    """Where a text is stored; ``is_new`` is False when it was there before."""

    number: int
    id: str
    is_new: bool
    near_duplicate_of: str | None = None


def store_memories(
    connection: sa.Connection, tenant: Tenant, texts: Sequence[NewMemory]
) -> list[StoredMemory]:
    """Store texts unless the tenant has them in their roles, make them findable, and log it.

    A text that is there stays as it is; where and when it came again is noted beside it, and if it had been
    superseded it is current again.

    Returns:
        Where each text is, in their order.

    """
    # The transaction holds the tenant, so nobody stores the same text between these statements.
    with telemetry.part("learn.dedup", noted=False):
        ids = known_contents(connection, tenant, texts)
        alike = _alike(connection, tenant, texts)
    before = set(ids.values())
    claim = claim_places(connection, tenant, len(texts))
    rows, entries, again = [], [], []
    for offset, text in enumerate(texts):
        said = _provenance(tenant, text, claim.moment)
        if text.content in ids:
            where = {"origin_number": THIS_INSTANCE, "origin_sequence": claim.first_sequence + offset}
            again.append((ids[text.content], said | where | {"importance": text.importance}))
            entries.append(Operation("repeat", ids[text.content]))
            continue
        like, ident = text.likeness, text.id or str(uuid7())
        content = {
            "id": ident,
            "role": text.role,
            "text": text.text,
            "content_hash": text.content[1],
            "importance": text.importance,
            "likeness": like,
            "near_duplicate_of": alike.get(like),
            "origin_number": THIS_INSTANCE,
            "origin_sequence": claim.first_sequence + offset,
        }
        rows.append(said | content)
        entries.append(Operation("learn", ident))
        ids[text.content] = ident
        alike.setdefault(like, ident)
    _remember_sessions(connection, tenant, texts, claim.moment)
    numbers = _insert(connection, tenant, rows)
    revived: list[str] = []
    if again:
        known, revived = _note_again(connection, tenant, again)
        numbers |= known
    log_operations(connection, tenant, claim, entries)
    settle(connection, tenant, revived)
    near = {row["id"]: row["near_duplicate_of"] for row in rows}
    seen = before
    stored = []
    for text in texts:
        ident = ids[text.content]
        is_new = ident not in seen
        stored.append(StoredMemory(numbers[ident], ident, is_new, near.get(ident) if is_new else None))
        seen.add(ident)
    return stored


def _provenance(tenant: Tenant, text: NewMemory, now: datetime) -> dict[str, Any]:
    return {
        "tenant_number": tenant.number,
        "session": text.session,
        "occurred_at": text.occurred_at,
        "created_at": text.created_at or now,
        "metadata": text.metadata,
    }


def _alike(connection: sa.Connection, tenant: Tenant, texts: Sequence[NewMemory]) -> dict[str, str]:
    """The first memory of each likeness."""
    likenesses = list({text.likeness for text in texts})
    return dict(_ALIKE.rows(connection, {"tenant": tenant.number, "likenesses": likenesses}))


def _remember_sessions(
    connection: sa.Connection, tenant: Tenant, texts: Sequence[NewMemory], now: datetime
) -> None:
    names = sorted({text.session for text in texts if text.session is not None})
    if names:
        made = {"tenant_number": tenant.number, "created_at": now}
        insert_missing(connection, sessions, [made | {"name": name} for name in names])


def _insert(connection: sa.Connection, tenant: Tenant, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    if not rows:
        return {}
    numbers: dict[str, int]
    if len(rows) == 1 or connection.dialect.name == "sqlite":
        numbers = {ident: number for row in rows for ident, number in _INSERT_ONE.rows(connection, row)}
    else:
        numbers = {row.id: row.number for row in connection.execute(_INSERT, rows)}
    with telemetry.part("learn.index", noted=False):
        index_of(connection).add(connection, tenant, {numbers[row["id"]]: row["session"] for row in rows})
    return numbers


def _note_again(
    connection: sa.Connection, tenant: Tenant, again: Sequence[tuple[str, Mapping[str, Any]]]
) -> tuple[dict[str, int], list[str]]:
    """The memories' numbers, and which of them have become current."""
    mine = (memories.c.tenant_number == tenant.number, memories.c.id.in_({ident for ident, _ in again}))
    columns = (memories.c.id, memories.c.number, memories.c.superseded_by, memories.c.session)
    found = connection.execute(sa.select(*columns).where(*mine)).all()
    numbers: dict[str, int] = {row.id: row.number for row in found}
    notes = [dict(said) | {"memory_number": numbers[ident]} for ident, said in again]
    connection.execute(sa.insert(repeats), notes)
    revived = [row for row in found if row.superseded_by is not None]
    revive(connection, tenant, {row.number: row.session for row in revived})
    return numbers, [row.id for row in revived]


def revive(connection: sa.Connection, tenant: Tenant, sessions: Mapping[int, str | None]) -> None:
    """Make superseded memories current again: sessions by the memories' numbers."""
    if not sessions:
        return
    mine = (memories.c.tenant_number == tenant.number, memories.c.number.in_(sessions))
    connection.execute(sa.update(memories).where(*mine).values(superseded_by=None))
    index_of(connection).add(connection, tenant, sessions)


def known_contents(
    connection: sa.Connection, tenant: Tenant, texts: Sequence[NewMemory]
) -> dict[tuple[str, str], str]:
    """The ids of those texts that the tenant has, by role and hash."""
    roles, hashes = {text.role for text in texts}, {text.content[1] for text in texts}
    asked = {"tenant": tenant.number, "roles": list(roles), "hashes": list(hashes)}
    return {(role, digest): ident for role, digest, ident in _KNOWN.rows(connection, asked)}
