"""Counts of what one tenant has stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.core.records import TenantStats
from continuum.storage.tables import concept_links, concepts, memories, repeats

if TYPE_CHECKING:
    from continuum.core.tenancy import Tenant


def tenant_stats(connection: sa.Connection, tenant: Tenant) -> TenantStats:
    """Count what one tenant has stored."""
    memory_counts = connection.execute(
        sa.select(
            sa.func.count(), sa.func.count(memories.c.session.distinct()), sa.func.max(memories.c.created_at)
        ).where(memories.c.tenant_number == tenant.number)
    ).one()
    pairs = sa.select(concept_links.c.source_number, concept_links.c.target_number).distinct()
    is_decision = concepts.c.type == "decision"
    return TenantStats(
        memories=memory_counts[0],
        sessions=memory_counts[1],
        last_learned_at=memory_counts[2],
        repeats=_count(
            connection, sa.select(repeats.c.number).where(repeats.c.tenant_number == tenant.number)
        ),
        concepts=_count(connection, _concepts(tenant).where(~is_decision)),
        decisions=_count(connection, _concepts(tenant).where(is_decision)),
        links=_count(
            connection,
            # By the tenant's concepts: links have no index of the tenant.
            pairs.where(
                concept_links.c.tenant_number == tenant.number,
                concept_links.c.source_number.in_(_concepts(tenant)),
            ),
        ),
    )


def _concepts(tenant: Tenant) -> sa.Select[tuple[int]]:
    return sa.select(concepts.c.number).where(concepts.c.tenant_number == tenant.number)


def _count(connection: sa.Connection, query: sa.Select[tuple[int]] | sa.Select[tuple[int, int]]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
