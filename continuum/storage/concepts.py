"""Concepts of one tenant, and which memories link them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from continuum.core.records import Entity
from continuum.storage.tables import concept_links, concepts, memory_concepts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from continuum.core.concepts import Concept
    from continuum.core.tenancy import Tenant


def store_concepts(
    connection: sa.Connection, tenant: Tenant, memory_number: int, found: Sequence[Concept]
) -> int:
    """Attach concepts to a new memory and link them with each other; how many links are new."""
    if not found:
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
        for concept in found
    ]
    connection.execute(insert(concepts).on_conflict_do_nothing(), rows)
    keys = sa.tuple_(concepts.c.type, concepts.c.folded_name).in_(
        [(concept.type, concept.key) for concept in found]
    )
    query = sa.select(concepts.c.number).where(concepts.c.tenant_number == tenant.number, keys)
    numbers = sorted(connection.scalars(query))
    mentions = [{"memory_number": memory_number, "concept_number": number} for number in numbers]
    connection.execute(sa.insert(memory_concepts), mentions)
    return _link(connection, tenant, memory_number, numbers)


def _link(connection: sa.Connection, tenant: Tenant, memory_number: int, numbers: Sequence[int]) -> int:
    pairs = list(combinations(numbers, 2))
    if not pairs:
        return 0
    source, target = concept_links.c.source_number, concept_links.c.target_number
    query = sa.select(source, target).distinct()
    mine = (concept_links.c.tenant_number == tenant.number, source.in_(numbers), target.in_(numbers))
    known = {tuple(row) for row in connection.execute(query.where(*mine))}
    origin = {"tenant_number": tenant.number, "memory_number": memory_number}
    rows = [{"source_number": first, "target_number": second} | origin for first, second in pairs]
    connection.execute(sa.insert(concept_links), rows)
    return sum(pair not in known for pair in pairs)


def concepts_of(
    connection: sa.Connection, tenant: Tenant, memory_numbers: Sequence[int]
) -> dict[int, list[str]]:
    """The names of the concepts of each memory, decisions aside."""
    query = (
        sa.select(memory_concepts.c.memory_number, concepts.c.name)
        .join(concepts, concepts.c.number == memory_concepts.c.concept_number)
        .where(
            concepts.c.tenant_number == tenant.number,
            concepts.c.type != "decision",
            memory_concepts.c.memory_number.in_(memory_numbers),
        )
        .order_by(concepts.c.number)
    )
    names: dict[int, list[str]] = {number: [] for number in memory_numbers}
    for number, name in connection.execute(query):
        names[number].append(name)
    return names


def count_links(connection: sa.Connection, tenant: Tenant, memory_numbers: Sequence[int]) -> int:
    """How many pairs of concepts the given memories link."""
    pairs = sa.select(concept_links.c.source_number, concept_links.c.target_number).distinct()
    mine = (concept_links.c.tenant_number == tenant.number, concept_links.c.memory_number.in_(memory_numbers))
    return connection.scalar(sa.select(sa.func.count()).select_from(pairs.where(*mine).subquery())) or 0


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


def delete_orphans(connection: sa.Connection, tenant: Tenant) -> None:
    """Erase the concepts that no memory has any more: their names came from the memories."""
    mentioned = sa.exists().where(memory_concepts.c.concept_number == concepts.c.number)
    connection.execute(sa.delete(concepts).where(concepts.c.tenant_number == tenant.number, ~mentioned))
