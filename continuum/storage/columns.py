"""What the tables are made of: types that both databases keep alike, and columns that several tables have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect

metadata = sa.MetaData()

# SQLite counts only what is declared INTEGER.
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """Aware datetimes in and out, as UTC: SQLite has no time zones and is given none."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def own_number() -> sa.Column[int]:
    """The number by which rows are joined; it never leaves the process."""
    return sa.Column("number", Number, primary_key=True)


def of_tenant(*, primary_key: bool = False) -> sa.Column[int]:
    """Whose row it is."""
    reference = sa.ForeignKey("tenants.number", ondelete="CASCADE")
    return sa.Column("tenant_number", Number, reference, nullable=False, primary_key=primary_key)


def of_memory(*, primary_key: bool = False) -> sa.Column[int]:
    """The memory with which the row goes."""
    reference = sa.ForeignKey("memories.number", ondelete="CASCADE")
    return sa.Column("memory_number", Number, reference, nullable=False, primary_key=primary_key)


def of_concept(name: str) -> sa.Column[int]:
    """The concept with which the row goes; part of the primary key."""
    return sa.Column(name, Number, sa.ForeignKey("concepts.number", ondelete="CASCADE"), primary_key=True)


def moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    """A point in time."""
    return sa.Column(name, UtcDateTime, nullable=nullable)
