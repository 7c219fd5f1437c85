"""Search on PostgreSQL: one table of weighted ``tsvector`` with GIN, asked through a function of its owner."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import TSVECTOR

from continuum.core.words import words
from continuum.storage.index.documents import with_added, without_removed
from continuum.storage.index.weights import PAIR

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from continuum.core.tenancy import Tenant
    from continuum.storage.index import Match
    from continuum.storage.index.documents import Document

# PostgreSQL leaves out longer words with a notice each.
_MAX_WORD = 255

_search = sa.table(
    "memory_search",
    sa.column("memory_number", sa.BigInteger),
    sa.column("tenant_number", sa.BigInteger),
    sa.column("document", TSVECTOR),
)


class PostgresIndex:
    """``ts_rank`` of each English stem by its rarity; words are cut here, so both databases find by the same."""

    def add(self, connection: sa.Connection, tenant: Tenant, sessions: Mapping[int, str | None]) -> None:
        """Write rows."""
        _write(connection, tenant, with_added(connection, tenant, sessions))

    def remove(self, connection: sa.Connection, tenant: Tenant, numbers: Sequence[int]) -> None:
        """Delete rows, and write those beside them anew."""
        mine = (_search.c.tenant_number == tenant.number, _search.c.memory_number.in_(numbers))
        connection.execute(sa.delete(_search).where(*mine))
        _write(connection, tenant, without_removed(connection, tenant, numbers))

    def drop(self, connection: sa.Connection, tenant: Tenant) -> None:
        """Delete all rows of the tenant."""
        connection.execute(sa.delete(_search).where(_search.c.tenant_number == tenant.number))

    def numbers(self, connection: sa.Connection, tenant: Tenant) -> set[int]:
        """The memories of the tenant's rows."""
        mine = _search.c.tenant_number == tenant.number
        return set(connection.scalars(sa.select(_search.c.memory_number).where(mine)))

    def matches(
        self,
        connection: sa.Connection,  # noqa: ARG002 - SQLite needs it
        tenant: Tenant,  # noqa: ARG002 - the function looks for the transaction's tenant
        terms: Sequence[str],
        limit: int | None,
    ) -> sa.Subquery | None:
        """The function adds the ranks of single words and of pairs up."""
        asked = [word for term in terms for word in _plain(term)]
        if not asked:
            return None
        pairs = list(pairwise(asked))
        queries = [_query(f"'{word}'") for word in asked] + [_query(f"'{a}':A <-> '{b}':A") for a, b in pairs]
        weights = [1.0] * len(asked) + [PAIR] * len(pairs)
        parts = [sa.column(part, sa.Float) for part in ("strength", "lexical", "neighbours", "time")]
        found = sa.func.match_memories(
            sa.cast(postgresql.array(queries), postgresql.ARRAY(postgresql.TSQUERY)),
            sa.cast(weights, postgresql.ARRAY(sa.REAL)),
            sa.cast(limit, sa.BigInteger),
        ).table_valued(sa.column("memory_number", sa.BigInteger), *parts)
        return sa.select(found).subquery("matches")

    def strongest(
        self, connection: sa.Connection, tenant: Tenant, terms: Sequence[str], limit: int
    ) -> Generator[Match]:
        """The function gives them all at once."""
        matches = self.matches(connection, tenant, terms, limit)
        if matches is not None:
            for row in connection.execute(sa.select(matches).order_by(matches.c.strength.desc())):
                yield row._tuple()  # noqa: SLF001 - public in SQLAlchemy, named so to keep clear of columns

    def holding(self, connection: sa.Connection, tenant: Tenant, terms: Sequence[str]) -> sa.Subquery | None:
        """The label restricts a term to what the memory itself says."""
        matches = self.matches(connection, tenant, terms, None)
        if matches is None:
            return None
        return sa.select(matches.c.memory_number).where(matches.c.lexical > 0).subquery("holding")


def _query(quoted: str) -> sa.Function[str]:
    """Words are quoted, and hold neither quotes nor backslashes: none is read as query syntax."""
    return sa.func.to_tsquery(sa.text("'continuum'"), quoted)


def _write(connection: sa.Connection, tenant: Tenant, documents: Iterable[Document]) -> None:
    rows = [
        {
            "number": each.number,
            "tenant": tenant.number,
            "said": " ".join(_plain(each.text)),
            "near": " ".join(_plain(each.near)),
            "far": " ".join(_plain(each.far)),
            "day": " ".join(_plain(each.day)),
        }
        for each in documents
    ]
    if rows:
        connection.execute(_WRITE, rows)


def _plain(text: str) -> list[str]:
    """The words without accents, which SQLite's tokenizer takes away too."""
    parts = unicodedata.normalize("NFKD", text)
    bare = "".join(character for character in parts if not unicodedata.combining(character))
    return [word for word in words(bare) if len(word) <= _MAX_WORD]


_WRITE = sa.text(
    "INSERT INTO memory_search (memory_number, tenant_number, document) VALUES (:number, :tenant,"
    " setweight(to_tsvector('continuum', :said), 'A') || setweight(to_tsvector('continuum', :near), 'B')"
    " || setweight(to_tsvector('continuum', :far), 'D') || setweight(to_tsvector('continuum', :day), 'C'))"
    " ON CONFLICT (memory_number) DO UPDATE SET document = excluded.document"
)
