"""Concepts of one tenant, and which memories link them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import combinations
from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.core.records import Entity
from continuum.storage.prepared import AnyOf, Prepared
from continuum.storage.tables import concept_links, concepts, memory_concepts
from continuum.storage.upserts import insert_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from continuum.core.concepts import Concept
    from continuum.core.tenancy import Tenant

_AT_ONCE = 1000


# Statements of the hot path are built once: building them costs more than running them.
_OWN: sa.BindParameter[int] = sa.bindparam("tenant")
# Two lists and not one of pairs, for which SQLite uses no index; the few that are too many do no harm.
_NUMBERS = Prepared(
    sa.select(concepts.c.number, concepts.c.type, concepts.c.folded_name).where(
        concepts.c.tenant_number == _OWN,
        AnyOf(concepts.c.type, "types"),
        AnyOf(concepts.c.folded_name, "names"),
    )
)
_MENTION = Prepared(sa.insert(memory_concepts), ["memory_number", "concept_number", "tenant_number"])
# Pair by pair, whether there is any: two concepts may have been linked by thousands of memories.
_IS_LINKED = (
    "EXISTS (SELECT 1 FROM concept_links WHERE tenant_number = :tenant"
    " AND source_number = pair.source AND target_number = pair.target)"
)
_KNOWN_LINKS = {
    "sqlite": Prepared(
        sa.text(
            "SELECT source, target FROM (SELECT json_extract(value, '$[0]') AS source,"  # noqa: S608 - a constant
            f" json_extract(value, '$[1]') AS target FROM json_each(:pairs)) AS pair WHERE {_IS_LINKED}"
        )
    ),
    "postgresql": Prepared(
        sa.text(
            "SELECT source, target FROM (SELECT (value ->> 0)::bigint AS source,"  # noqa: S608 - a constant
            f" (value ->> 1)::bigint AS target FROM json_array_elements((:pairs)::json)) AS pair WHERE {_IS_LINKED}"
        )
    ),
}
_LINK = Prepared(
    sa.insert(concept_links), ["source_number", "target_number", "memory_number", "tenant_number"]
)
_NAMES = Prepared(
    sa.select(memory_concepts.c.memory_number, concepts.c.name)
    .join(concepts, concepts.c.number == memory_concepts.c.concept_number)
    .where(
        # Plus nothing, so that SQLite doesn't go through all concepts of the tenant.
        concepts.c.tenant_number + 0 == _OWN,
        memory_concepts.c.tenant_number == _OWN,
        concepts.c.type != "decision",
        AnyOf(memory_concepts.c.memory_number, "memories"),
    )
    .order_by(concepts.c.number)
)
_LINKED = (
    sa.select(concept_links.c.source_number, concept_links.c.target_number)
    .distinct()
    .where(concept_links.c.tenant_number == _OWN, AnyOf(concept_links.c.memory_number, "memories"))
)
_COUNT_LINKS = Prepared(sa.select(sa.func.count()).select_from(_LINKED.subquery()))


def store_concepts(connection: sa.Connection, tenant: Tenant, found: Mapping[int, Sequence[Concept]]) -> int:
    """Attach concepts to new memories, by the memories' numbers, and link them; how many links are new."""
    distinct = {(concept.type, concept.key): concept for some in found.values() for concept in some}
    if not distinct:
        return 0
    now = datetime.now(UTC)
    rows = [
        {
            "tenant_number": tenant.number,
            "type": concept.type,
            "folded_name": concept.key,
            "name": concept.name,
            "created_at": now,
        }
        for concept in distinct.values()
    ]
    insert_missing(connection, concepts, rows)
    types, names = {key[0] for key in distinct}, {key[1] for key in distinct}
    asked = {"tenant": tenant.number, "types": list(types), "names": list(names)}
    numbers = {(kind, name): number for number, kind, name in _NUMBERS.rows(connection, asked)}
    of_memory = {
        memory: sorted({numbers[concept.type, concept.key] for concept in some})
        for memory, some in found.items()
    }
    mentions = [
        {"memory_number": memory, "concept_number": number, "tenant_number": tenant.number}
        for memory, some in of_memory.items()
        for number in some
    ]
    _MENTION.run_all(connection, mentions)
    return _link(connection, tenant, of_memory)


def _link(connection: sa.Connection, tenant: Tenant, of_memory: Mapping[int, Sequence[int]]) -> int:
    rows = [
        {
            "source_number": source,
            "target_number": target,
            "memory_number": memory,
            "tenant_number": tenant.number,
        }
        for memory, numbers in of_memory.items()
        for source, target in combinations(numbers, 2)
    ]
    if not rows:
        return 0
    pairs = {(row["source_number"], row["target_number"]) for row in rows}
    asked = {"tenant": tenant.number, "pairs": json.dumps(list(pairs))}
    known = _KNOWN_LINKS[connection.dialect.name].rows(connection, asked)
    _LINK.run_all(connection, rows)
    return len(pairs) - len(known)


def concepts_of(
    connection: sa.Connection, tenant: Tenant, memory_numbers: Sequence[int]
) -> dict[int, list[str]]:
    """The names of the concepts of each memory, decisions aside."""
    asked = {"tenant": tenant.number, "memories": memory_numbers}
    names: dict[int, list[str]] = {number: [] for number in memory_numbers}
    for number, name in _NAMES.rows(connection, asked):
        names[number].append(name)
    return names


def count_links(connection: sa.Connection, tenant: Tenant, memory_numbers: Sequence[int]) -> int:
    """How many pairs of concepts the given memories link."""
    asked = {"tenant": tenant.number, "memories": memory_numbers}
    ((count,),) = _COUNT_LINKS.rows(connection, asked)
    return int(count)


def list_entities(
    connection: sa.Connection, tenant: Tenant, limit: int, offset: int, entity_type: str | None
) -> tuple[list[Entity], int]:
    """One page of the tenant's concepts, most mentioned first, and how many there are in all."""
    mine = [concepts.c.tenant_number == tenant.number]
    if entity_type is not None:
        mine.append(concepts.c.type == entity_type)
    mentions = sa.func.count(memory_concepts.c.memory_number).label("mentions")
    page = (
        sa.select(concepts, mentions)
        .join(memory_concepts, memory_concepts.c.concept_number == concepts.c.number)
        .where(*mine)
        .group_by(concepts.c.number)
        .order_by(mentions.desc(), concepts.c.number)
    )
    rows = connection.execute(page.limit(limit).offset(offset))
    entities = [Entity(row.type, row.mentions, row.created_at, row.name) for row in rows]
    total = connection.scalar(sa.select(sa.func.count()).select_from(concepts).where(*mine)) or 0
    return entities, total


def concept_numbers(connection: sa.Connection, tenant: Tenant, memory_numbers: Sequence[int]) -> set[int]:
    """The concepts of these memories."""
    mine = (
        memory_concepts.c.tenant_number == tenant.number,
        memory_concepts.c.memory_number.in_(memory_numbers),
    )
    return set(connection.scalars(sa.select(memory_concepts.c.concept_number).where(*mine)))


def delete_orphans(connection: sa.Connection, tenant: Tenant, numbers: Sequence[int]) -> None:
    """Erase those of the concepts that no memory has any more: their names came from the memories."""
    mentioned = sa.exists().where(
        memory_concepts.c.concept_number == concepts.c.number,
        memory_concepts.c.tenant_number == tenant.number,
    )
    for begin in range(0, len(numbers), _AT_ONCE):
        some = concepts.c.number.in_(numbers[begin : begin + _AT_ONCE])
        mine = concepts.c.tenant_number == tenant.number
        connection.execute(sa.delete(concepts).where(mine, some, ~mentioned))
