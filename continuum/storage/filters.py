"""Which of a tenant's memories are asked for, as conditions of a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.core.concepts import folded
from continuum.storage.tables import concepts, memories, memory_concepts

if TYPE_CHECKING:
    from continuum.core.records import Filters
    from continuum.core.tenancy import Tenant


def conditions(tenant: Tenant, filters: Filters) -> list[sa.ColumnElement[bool]]:
    """The tenant, and whatever the filters name."""
    wanted: list[sa.ColumnElement[bool]] = [memories.c.tenant_number == tenant.number]
    # When it happened, or when it was learned where nobody said.
    happened = sa.func.coalesce(memories.c.occurred_at, memories.c.created_at)
    if filters.session is not None:
        wanted.append(memories.c.session == filters.session)
    if filters.role is not None:
        wanted.append(memories.c.role == filters.role)
    if filters.since is not None:
        wanted.append(happened >= filters.since)
    if filters.until is not None:
        wanted.append(happened < filters.until)
    if filters.concept is not None:
        mention = (
            sa.select(memory_concepts.c.memory_number)
            .join(concepts, concepts.c.number == memory_concepts.c.concept_number)
            .where(
                concepts.c.tenant_number == tenant.number,
                concepts.c.folded_name == folded(filters.concept),
            )
        )
        wanted.append(memories.c.number.in_(mention))
    return wanted
