"""Search on PostgreSQL: one table of weighted ``tsvector`` with GIN, asked through a function of its owner."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

from continuum.core.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from continuum.core.tenancy import Tenant

# PostgreSQL leaves out longer words with a notice each.
_MAX_WORD = 255

_search = sa.table(
    "memory_search",
    sa.column("memory_number", sa.BigInteger),
    sa.column("tenant_number", sa.BigInteger),
    sa.column("document", TSVECTOR),
)


class PostgresIndex:
    """``ts_rank`` over English stems; the words are cut here, so that both databases find by the same ones."""

    def add(self, connection: sa.Connection, tenant: Tenant, texts: Mapping[int, str]) -> None:
        """Insert rows."""
        said = sa.func.to_tsvector(sa.text("'continuum'"), sa.bindparam("said"), type_=TSVECTOR)
        document = sa.func.setweight(said, sa.text("'A'"), type_=TSVECTOR)
        row = {"memory_number": sa.bindparam("number"), "tenant_number": tenant.number, "document": document}
        rows = [{"number": number, "said": " ".join(_plain(text))} for number, text in texts.items()]
        connection.execute(sa.insert(_search).values(row), rows)

    def remove(self, connection: sa.Connection, tenant: Tenant, numbers: Sequence[int]) -> None:
        """Delete rows."""
        mine = (_search.c.tenant_number == tenant.number, _search.c.memory_number.in_(numbers))
        connection.execute(sa.delete(_search).where(*mine))

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
        """Each term is quoted, and terms hold neither quotes nor backslashes: none is read as query syntax."""
        expression = " | ".join(f"'{word}'" for term in terms for word in _plain(term))
        if not expression:
            return None
        question = sa.func.to_tsquery(sa.text("'continuum'"), expression)
        found = sa.func.match_memories(question, sa.cast(limit, sa.BigInteger)).table_valued(
            sa.column("memory_number", sa.BigInteger), sa.column("strength", sa.Float)
        )
        return sa.select(found.c.memory_number, found.c.strength).subquery("matches")


def _plain(text: str) -> list[str]:
    """The words without accents, which SQLite's tokenizer takes away too."""
    parts = unicodedata.normalize("NFKD", text)
    bare = "".join(character for character in parts if not unicodedata.combining(character))
    return [word for word in words(bare) if len(word) <= _MAX_WORD]
