"""Full-text search: what a memory is found by, and how well. Each database has a module of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from continuum.storage.index.postgres import PostgresIndex
from continuum.storage.index.sqlite import SqliteIndex

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    import sqlalchemy as sa

    from continuum.core.tenancy import Tenant


# Memory's number, strength, and what it is the sum of: own words, those around it, its date.
Match = tuple[int, float, float, float, float]


class FullTextIndex(Protocol):
    """The index of one tenant; all of it works in the transaction of the connection that it is given."""

    def add(self, connection: sa.Connection, tenant: Tenant, sessions: Mapping[int, str | None]) -> None:
        """Make stored memories findable, also by what was said around them: sessions by their numbers."""

    def remove(self, connection: sa.Connection, tenant: Tenant, numbers: Sequence[int]) -> None:
        """Take memories out, and their words with them, before they are deleted or change their session.

        Those that aren't in it are no error. The memories around them are found by their words no longer.
        """

    def drop(self, connection: sa.Connection, tenant: Tenant) -> None:
        """Take everything out."""

    def numbers(self, connection: sa.Connection, tenant: Tenant) -> set[int]:
        """Which memories are in it; for the verification."""

    def matches(
        self, connection: sa.Connection, tenant: Tenant, terms: Sequence[str], limit: int | None
    ) -> sa.Subquery | None:
        """What holds any of the terms itself, around it or in its date, best first.

        Args:
            connection: in a transaction for the tenant.
            tenant: whose memories.
            terms: words without punctuation, case-folded, at least one.
            limit: how many of the best; all of them when None.

        Returns:
            ``memory_number`` and ``strength``, where more is better, with the parts of which it is the sum:
            ``lexical``, ``neighbours`` and ``time``. None when the tenant has nothing that could match.

        """

    def strongest(
        self, connection: sa.Connection, tenant: Tenant, terms: Sequence[str], limit: int
    ) -> Generator[Match]:
        """The rows of ``matches``, worked out as they are asked for: whoever has enough may stop."""

    def holding(self, connection: sa.Connection, tenant: Tenant, terms: Sequence[str]) -> sa.Subquery | None:
        """The ``memory_number`` of each memory whose own text holds any of the terms; None as above."""


def index_of(connection: sa.Connection) -> FullTextIndex:
    """The index of the database that is connected."""
    return PostgresIndex() if connection.dialect.name == "postgresql" else SqliteIndex()
