"""What was said elsewhere becomes a memory here, or joins the one that has its text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.core.concepts import extract
from continuum.core.likeness import likeness
from continuum.storage import aliases
from continuum.storage.concepts import store_concepts
from continuum.storage.index import index_of
from continuum.storage.prepared import AnyOf
from continuum.storage.sayings import SAID, moments, say
from continuum.storage.storing import known_contents
from continuum.storage.tables import memories, repeats, sessions
from continuum.storage.upserts import insert_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from continuum.core.tenancy import Tenant
    from continuum.federation.batches import Change
    from continuum.storage.storing import NewMemory

    Content = tuple[str, str]


def take_sayings(
    connection: sa.Connection, tenant: Tenant, said: Sequence[Change], numbers: Mapping[str, int]
) -> tuple[int, int]:
    """Take what was said: how many memories are new, and how many sayings couldn't be taken.

    Args:
        connection: in a transaction that writes for the tenant, with the operations entered.
        tenant: whose memories.
        said: operations that say something, of ids that nobody has forgotten.
        numbers: of their instances.

    """
    if not said:
        return 0, 0
    # In the order in which it was said, so that neighbours are neighbours here, too.
    pairs = [(change, change.said) for change in sorted(said, key=_moment) if change.said is not None]
    ids = known_contents(connection, tenant, [memory for _, memory in pairs])
    owners = _owners(connection, tenant, {change.memory_id for change in said})
    new: dict[Content, tuple[Change, NewMemory]] = {}
    joining: list[tuple[Change, NewMemory]] = []
    refused = 0
    for change, memory in pairs:
        # Somebody edited an export, and imported it elsewhere: one id can't mean two texts.
        if owners.setdefault(change.memory_id, memory.content) != memory.content:
            refused += 1
        elif memory.content in ids or memory.content in new:
            joining.append((change, memory))
        else:
            new[memory.content] = change, memory
    _remember_sessions(connection, tenant, [memory for _, memory in pairs])
    ids |= _insert(connection, tenant, list(new.values()), numbers)
    if joining:
        _join(connection, tenant, joining, ids, numbers)
    return len(new), refused


def _owners(connection: sa.Connection, tenant: Tenant, wanted: set[str]) -> dict[str, Content]:
    """Which text each id belongs to here, where it belongs to one."""
    known = aliases.resolve(connection, tenant, wanted)
    query = sa.select(memories.c.id, memories.c.role, memories.c.content_hash)
    mine = (memories.c.tenant_number == tenant.number, AnyOf(memories.c.id, "ids"))
    rows = connection.execute(query.where(*mine), {"ids": list(set(known.values()))})
    contents = {row.id: (row.role, row.content_hash) for row in rows}
    return {ident: contents[memory_id] for ident, memory_id in known.items() if memory_id in contents}


def _insert(
    connection: sa.Connection,
    tenant: Tenant,
    new: Sequence[tuple[Change, NewMemory]],
    numbers: Mapping[str, int],
) -> dict[Content, str]:
    if not new:
        return {}
    alike = _alike(connection, tenant, [memory for _, memory in new])
    rows = []
    for change, memory in new:
        like = likeness(memory.text)
        row = _saying(change, memory, numbers) | {"id": change.memory_id, "tenant_number": tenant.number}
        row |= {"role": memory.role, "text": memory.text, "content_hash": memory.content[1]}
        rows.append(row | {"likeness": like, "near_duplicate_of": alike.get(like)})
        alike.setdefault(like, change.memory_id)
    made = connection.execute(sa.insert(memories).returning(memories.c.id, memories.c.number), rows)
    numbered = {row.id: row.number for row in made}
    index_of(connection).add(
        connection, tenant, {numbered[change.memory_id]: memory.session for change, memory in new}
    )
    found = {numbered[change.memory_id]: extract(memory.text) for change, memory in new}
    store_concepts(connection, tenant, found)
    return {memory.content: change.memory_id for change, memory in new}


def _alike(connection: sa.Connection, tenant: Tenant, new: Sequence[NewMemory]) -> dict[str, str]:
    query = sa.select(memories.c.likeness, memories.c.id).order_by(memories.c.number.desc())
    mine = (memories.c.tenant_number == tenant.number, AnyOf(memories.c.likeness, "likenesses"))
    asked = {"likenesses": list({likeness(memory.text) for memory in new})}
    return {row.likeness: row.id for row in connection.execute(query.where(*mine), asked)}


def _join(
    connection: sa.Connection,
    tenant: Tenant,
    joining: Sequence[tuple[Change, NewMemory]],
    ids: dict[Content, str],
    numbers: Mapping[str, int],
) -> None:
    """Note that memories were also said elsewhere; what was said first stands in the memory's row."""
    further = aliases.others(connection, tenant, set(ids.values()))
    for change, memory in joining:
        known = ids[memory.content]
        if change.memory_id != known and change.memory_id not in further:
            members = {ident for ident, memory_id in further.items() if memory_id == known}
            members |= {known, change.memory_id}
            kept = aliases.name(connection, tenant, known, members)
            further |= dict.fromkeys(members - {kept}, kept)
            further.pop(kept, None)
            ids[memory.content] = kept
    mine = (memories.c.tenant_number == tenant.number, AnyOf(memories.c.id, "ids"))
    asked = {"ids": list({ids[memory.content] for _, memory in joining})}
    rows = {row.id: row for row in connection.execute(sa.select(memories).where(*mine), asked)}
    firsts = moments(connection, tenant, [row.number for row in rows.values()])
    said: dict[int, dict[str, Any]] = {}
    again = []
    for change, memory in joining:
        row = rows[ids[memory.content]]
        saying = _saying(change, memory, numbers)
        if _moment(change) < firsts[row.number]:
            firsts[row.number] = _moment(change)
            before = said.get(row.number) or {name: row._mapping[name] for name in SAID}  # noqa: SLF001 - public in SQLAlchemy, named so to keep clear of columns
            said[row.number] = saying
            saying = before
        again.append(saying | {"tenant_number": tenant.number, "memory_number": row.number})
    if said:
        say(connection, tenant, said)
    connection.execute(sa.insert(repeats), again)


def _saying(change: Change, memory: NewMemory, numbers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "session": memory.session,
        "created_at": memory.created_at,
        "occurred_at": memory.occurred_at,
        "metadata": memory.metadata,
        "importance": memory.importance,
        "origin_number": numbers[change.origin],
        "origin_sequence": change.sequence,
    }


def _remember_sessions(connection: sa.Connection, tenant: Tenant, said: Sequence[NewMemory]) -> None:
    names = sorted({memory.session for memory in said if memory.session is not None})
    if names:
        made = {"tenant_number": tenant.number, "created_at": datetime.now(UTC)}
        insert_missing(connection, sessions, [made | {"name": name} for name in names])


def _moment(change: Change) -> tuple[int, str, int]:
    return change.clock, change.origin, change.sequence
