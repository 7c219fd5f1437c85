"""Memories are also found by what was said around them, and by their day; indexes are made anew for it."""

from __future__ import annotations

import re
import sqlite3

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_MINE = "tenant_number = NULLIF(current_setting('continuum.tenant', true), '')::bigint"


def upgrade() -> None:
    """Write every document with its surroundings."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        for name in _full_text_tables(connection):
            _make_anew(name, "text, neighbours, day")
            op.execute(_SQLITE_FILL.format(name=name, tenant=_tenant(name)))
        return
    # Forced row level security binds the owner too, who has to see all sessions now.
    op.execute("ALTER TABLE memories NO FORCE ROW LEVEL SECURITY")
    op.execute(_POSTGRES_FILL)
    op.execute("ALTER TABLE memories FORCE ROW LEVEL SECURITY")
    _replace_function(connection, "(tsquery, bigint)", _MATCH)


def downgrade() -> None:
    """Leave the memories' own words."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        for name in _full_text_tables(connection):
            _make_anew(name, "text")
            op.execute(
                f"INSERT INTO {name}(rowid, text) SELECT number, text FROM memories"  # noqa: S608 - a name and a number that the database made
                f" WHERE tenant_number = {_tenant(name)} AND superseded_by IS NULL"
            )
        return
    op.execute("UPDATE memory_search SET document = ts_filter(document, '{a}')")
    _replace_function(connection, "(tsquery[], bigint)", _MATCH_BEFORE)


def _full_text_tables(connection: sa.Connection) -> list[str]:
    names = connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'table'"))
    return [name for name in names if re.fullmatch(r"memory_fts_\d+", name)]


def _make_anew(name: str, columns: str) -> None:
    op.execute(f"DROP TABLE {name}")
    op.execute(f"CREATE VIRTUAL TABLE {name} USING fts5({columns}, tokenize = 'porter unicode61')")
    if sqlite3.sqlite_version_info >= (3, 42):
        op.execute(f"INSERT INTO {name}({name}, rank) VALUES ('secure-delete', 1)")  # noqa: S608 - a name that the database made


def _tenant(name: str) -> int:
    return int(name.rpartition("_")[2])


def _replace_function(connection: sa.Connection, old: str, new: str) -> None:
    schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(f"DROP FUNCTION match_memories{old}")
    op.execute(new.format(schema=schema))
    op.execute("REVOKE ALL ON FUNCTION match_memories FROM PUBLIC")


# Two memories of the session before, and two after once there are two: see storage/index/documents.py.
_SQLITE_FILL = """
INSERT INTO {name}(rowid, text, neighbours, day)
SELECT number, text,
    CASE WHEN session IS NULL THEN '' ELSE substr(
        coalesce(char(10) || substr(before_2, 1, 2000), '') || coalesce(char(10) || substr(before_1, 1, 2000), '')
        || coalesce(char(10) || substr(after_1, 1, 2000) || char(10) || substr(after_2, 1, 2000), ''), 2) END,
    CAST(strftime('%d', happened) AS INTEGER) || ' ' || trim(substr(
        'January  February March    April    May      June     July     August   SeptemberOctober  '
        || 'November December ',
        9 * CAST(strftime('%m', happened) AS INTEGER) - 8, 9)) || ' ' || CAST(strftime('%Y', happened) AS INTEGER)
FROM (
    SELECT number, text, session, coalesce(occurred_at, created_at) AS happened,
        lag(text, 2) OVER said AS before_2, lag(text) OVER said AS before_1,
        CASE WHEN lead(text, 2) OVER said IS NOT NULL THEN lead(text) OVER said END AS after_1,
        lead(text, 2) OVER said AS after_2
    FROM memories WHERE tenant_number = {tenant} AND superseded_by IS NULL
    WINDOW said AS (PARTITION BY session ORDER BY number)
)
"""

# What is long stays aside until it is written anew: five long documents in one are too many for a tsvector.
_POSTGRES_FILL = """
UPDATE memory_search AS mine SET document = mine.document || around.document || setweight(to_tsvector('continuum',
    lower(to_char(around.happened AT TIME ZONE 'UTC', 'FMDD FMMonth FMYYYY'))), 'C')
FROM (
    SELECT number, happened, CASE WHEN session IS NULL THEN ''::tsvector ELSE
        coalesce(lag(short, 2) OVER said, '') || coalesce(lag(short) OVER said, '')
        || coalesce(lead(short) OVER said || lead(short, 2) OVER said, '') END AS document
    FROM (
        SELECT memories.number, memories.tenant_number, memories.session,
            coalesce(memories.occurred_at, memories.created_at) AS happened,
            CASE WHEN length(found.document) > 400 THEN '' ELSE setweight(found.document, 'B') END AS short
        FROM memories JOIN memory_search AS found ON found.memory_number = memories.number
    ) AS current
    WINDOW said AS (PARTITION BY tenant_number, session ORDER BY number)
) AS around
WHERE mine.memory_number = around.number
"""

# Under row level security PostgreSQL uses no index for @@: see 0003. ts_rank knows no rarity, so terms are ranked
# one by one and weighed by how few of the tenant's memories hold them. The parts are worked out for the best alone.
_MATCH = f"""
CREATE FUNCTION match_memories(terms tsquery[], most bigint)
RETURNS TABLE (memory_number bigint, strength real, lexical real, neighbours real, "time" real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH hit AS MATERIALIZED (
        SELECT term.place, found.memory_number,
            ts_rank('{{{{0, 1, 0.4, 1}}}}', found.document, term.query, 1) AS strength
        FROM unnest(terms) WITH ORDINALITY AS term (query, place)
        JOIN {{schema}}.memory_search AS found ON found.document @@ term.query
        WHERE {_MINE}
    ), term AS MATERIALIZED (
        SELECT hit.place, terms[hit.place] AS query,
            ln(1 + (mine.size - count(*) + 0.5) / (count(*) + 0.5)) AS rarity
        FROM hit, (SELECT count(*) AS size FROM {{schema}}.memory_search WHERE {_MINE}) AS mine
        GROUP BY hit.place, mine.size
    ), best AS (
        SELECT hit.memory_number, sum(term.rarity * hit.strength) AS strength
        FROM hit JOIN term ON term.place = hit.place
        GROUP BY hit.memory_number
        ORDER BY strength DESC, hit.memory_number DESC
        LIMIT most
    )
    SELECT best.memory_number, best.strength::real, parts.own::real, (parts.around - parts.own)::real,
        (best.strength - parts.around)::real
    FROM best JOIN {{schema}}.memory_search AS found ON found.memory_number = best.memory_number, LATERAL (
        SELECT sum(term.rarity * ts_rank('{{{{0, 0, 0, 1}}}}', found.document, term.query, 1)) AS own,
            sum(term.rarity * ts_rank('{{{{0, 0, 0.4, 1}}}}', found.document, term.query, 1)) AS around
        FROM term
    ) AS parts
    ORDER BY best.strength DESC, best.memory_number DESC
$$
"""  # noqa: S608 - constants and the quoted name of a schema

_MATCH_BEFORE = f"""
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
