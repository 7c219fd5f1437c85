"""The operation log is only appended to; on PostgreSQL row level security, and full-text search behind it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_FORCED = (
    "sessions", "memories", "repeats", "concepts", "memory_concepts", "concept_links", "operations",
    "idempotency_keys",
)  # fmt: skip
_MINE = "tenant_number = NULLIF(current_setting('continuum.tenant', true), '')::bigint"


def upgrade() -> None:
    """Make index and policies; SQLite has an index for each tenant instead."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        op.execute(
            "CREATE TRIGGER appended_only BEFORE UPDATE ON operations"
            " BEGIN SELECT RAISE(ABORT, 'the operation log is only appended to'); END"
        )
        return
    schema = connection.dialect.identifier_preparer.quote(
        connection.scalar(sa.text("SELECT current_schema()"))
    )
    for statement in (
        *_SEARCH,
        _MATCH.format(schema=schema),
        "REVOKE ALL ON FUNCTION match_memories FROM PUBLIC",
    ):
        op.execute(statement)
    for table in _FORCED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        # Owners pass by row level security unless it is forced. A later migration of rows has to lift it.
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table in (*_FORCED, "memory_search"):
        op.execute(f"CREATE POLICY own_tenant ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the operation log is only appended to'; END $$"
    )
    op.execute(
        "CREATE TRIGGER appended_only BEFORE UPDATE ON operations"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Take policies and index away."""
    if op.get_bind().dialect.name != "postgresql":
        op.execute("DROP TRIGGER appended_only")
        return
    op.execute("DROP TRIGGER appended_only ON operations")
    op.execute("DROP FUNCTION refuse_change")
    for table in _FORCED:
        op.execute(f"DROP POLICY own_tenant ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP FUNCTION match_memories")
    op.execute("DROP TABLE memory_search")
    op.execute("DROP TEXT SEARCH CONFIGURATION continuum")
    op.execute("DROP TEXT SEARCH DICTIONARY continuum_stem")


_SEARCH = (
    # English stems, but no stop words: a question of nothing else is still found, as on SQLite.
    "CREATE TEXT SEARCH DICTIONARY continuum_stem (TEMPLATE = pg_catalog.snowball, LANGUAGE = english)",
    "CREATE TEXT SEARCH CONFIGURATION continuum (COPY = pg_catalog.english)",
    "ALTER TEXT SEARCH CONFIGURATION continuum ALTER MAPPING REPLACE pg_catalog.english_stem WITH continuum_stem",
    """CREATE TABLE memory_search (
        memory_number bigint PRIMARY KEY REFERENCES memories (number) ON DELETE CASCADE,
        tenant_number bigint NOT NULL REFERENCES tenants (number) ON DELETE CASCADE,
        document tsvector NOT NULL
    )""",
    "CREATE INDEX memory_search_by_document ON memory_search USING gin (document)",
    "CREATE INDEX memory_search_by_tenant ON memory_search (tenant_number)",
    "ALTER TABLE memory_search ENABLE ROW LEVEL SECURITY",
)

# Under row level security PostgreSQL uses no index for @@, which isn't leakproof. So this one table isn't
# forced, and the function looks into it as its owner, for the transaction's tenant and no other.
_MATCH = f"""
CREATE FUNCTION match_memories(question tsquery, most bigint)
RETURNS TABLE (memory_number bigint, strength real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT found.memory_number, ts_rank('{{{{0.1, 0.2, 0.4, 1.0}}}}', found.document, question) AS strength
    FROM {{schema}}.memory_search AS found
    WHERE {_MINE} AND found.document @@ question
    ORDER BY strength DESC, found.memory_number DESC
    LIMIT most
$$
"""  # noqa: S608 - constants and the quoted name of a schema
