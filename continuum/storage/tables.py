"""The tables. Full-text indexes are not among them: each tenant has its own, made when first needed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect

SCHEMA_VERSION = 1
metadata = sa.MetaData()


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """Aware datetimes in and out, kept as UTC: SQLite has no time zones."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - signature of SQLAlchemy
        """Convert to UTC without zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - signature of SQLAlchemy
        """Say that it is UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


def _tenant() -> sa.Column[int]:
    return sa.Column("tenant_number", sa.ForeignKey("tenants.number", ondelete="CASCADE"), nullable=False)


def _memory(*, primary_key: bool = False) -> sa.Column[int]:
    reference = sa.ForeignKey("memories.number", ondelete="CASCADE")
    return sa.Column("memory_number", reference, nullable=False, primary_key=primary_key)


def _concept(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.ForeignKey("concepts.number", ondelete="CASCADE"), primary_key=True)


secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

tenants = sa.Table(
    "tenants",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("public_id", sa.Text, nullable=False, unique=True),
    # Counts the changes of a tenant's memories: an answer made for one revision is never given for another.
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,  # a number is never used again: it names a tenant's index
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _tenant(),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
)

memories = sa.Table(
    "memories",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    _tenant(),
    sa.Column("session", sa.Text),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("occurred_at", UtcDateTime),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.UniqueConstraint("tenant_number", "role", "content_hash"),
    sqlite_autoincrement=True,  # a number is never used again: indexes refer to it
)

# A text that comes again is not stored twice, but where and when it came again is.
repeats = sa.Table(
    "repeats",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    _tenant(),
    _memory(),
    sa.Column("session", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("occurred_at", UtcDateTime),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Index("repeats_by_tenant", "tenant_number"),
    sa.Index("repeats_by_memory", "memory_number"),
)

concepts = sa.Table(
    "concepts",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    _tenant(),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("folded_name", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("tenant_number", "type", "folded_name"),
)

memory_concepts = sa.Table(
    "memory_concepts",
    metadata,
    _memory(primary_key=True),
    _concept("concept_number"),
    sa.Index("memory_concepts_by_concept", "concept_number"),
)

# Two concepts are linked by each memory that has both: with the memory, its links go.
concept_links = sa.Table(
    "concept_links",
    metadata,
    _concept("source_number"),
    _concept("target_number"),
    _memory(primary_key=True),
    _tenant(),
    sa.Index("concept_links_by_memory", "memory_number"),
    sa.Index("concept_links_by_target", "target_number"),
    sa.Index("concept_links_by_tenant", "tenant_number"),
)
