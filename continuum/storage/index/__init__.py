"""Full-text search: what a memory is found by, and in which order. Each database has a module of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from continuum.storage.index.postgres import PostgresIndex
from continuum.storage.index.sqlite import SqliteIndex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa

    from continuum.core.tenancy import Tenant


class FullTextIndex(Protocol):
    """The index of one tenant; all of it works in the transaction of the connection that it is given."""

    def add(self, connection: sa.Connection, tenant: Tenant, texts: Mapping[int, str]) -> None:
        """Make memories findable: texts by the memories' numbers."""

    def remove(self, connection: sa.Connection, tenant: Tenant, numbers: Sequence[int]) -> None:
        """Take memories out, and their words with them; those that aren't in it are no error."""

    def drop(self, connection: sa.Connection, tenant: Tenant) -> None:
        """Take everything out."""

    def numbers(self, connection: sa.Connection, tenant: Tenant) -> set[int]:
        """Which memories are in it; for the verification."""

    def matches(
        self, connection: sa.Connection, tenant: Tenant, terms: Sequence[str], limit: int | None
    ) -> sa.Subquery | None:
        """The ranking: ``memory_number`` and ``strength``, where more is better, of what holds any of the terms.

        Args:
            connection: in a transaction for the tenant.
            tenant: whose memories.
            terms: words without punctuation, case-folded, at least one.
            limit: how many of the best; all of them when None.

        Returns:
            None when the tenant has nothing that could match.

        """


def index_of(connection: sa.Connection) -> FullTextIndex:
    """The index of the database that is connected."""
    return PostgresIndex() if connection.dialect.name == "postgresql" else SqliteIndex()
