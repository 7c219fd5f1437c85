"""Words weigh by how few memories say them themselves, neighbours by their distance; long ones are cut short."""

from __future__ import annotations

import re

from alembic import op

from continuum.storage.migrations.versions.r0004_surroundings import (
    _MATCH,
    _SQLITE_FILL,
    _full_text_tables,
    _make_anew,
    _replace_function,
    _tenant,
)

revision = "0007"
down_revision = "0006"

_MINE = "tenant_number = NULLIF(current_setting('continuum.tenant', true), '')::bigint"
_MOST_WORDS = 100
_BEGINNING = re.compile(rf"(?:[^\w\u0300-\u036f]*[\w\u0300-\u036f]+){{0,{_MOST_WORDS}}}")


def upgrade() -> None:
    """Write every document anew."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        _fill_postgres("B", "D", _MOST_WORDS)
        _replace_function(connection, "(tsquery[], bigint)", _MATCH_BY_RARITY)
        return
    driver = connection.connection.driver_connection
    driver.create_function("beginning", 1, _beginning, deterministic=True)  # type: ignore[union-attr]  # it is connected
    for name in _full_text_tables(connection):
        _make_anew(name, "text, near, far, day")
        op.execute(_FILL_SQLITE.format(name=name, tenant=_tenant(name)))


def downgrade() -> None:
    """Write every document as it was: neighbours together, all of their words."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # About as many as stood there.
        _fill_postgres("B", "B", 400)
        _replace_function(connection, "(tsquery[], real[], bigint)", _MATCH)
        return
    for name in _full_text_tables(connection):
        _make_anew(name, "text, neighbours, day")
        op.execute(_SQLITE_FILL.format(name=name, tenant=_tenant(name)))


def _beginning(text: str) -> str:
    begin = _BEGINNING.match(text[:2000])
    return "" if begin is None else begin[0]


def _fill_postgres(near: str, far: str, most_words: int) -> None:
    # Forced row level security binds the owner too, who has to see all sessions now.
    op.execute("ALTER TABLE memories NO FORCE ROW LEVEL SECURITY")
    op.execute(_FILL_POSTGRES.format(near=near, far=far, most=most_words))
    op.execute("ALTER TABLE memories FORCE ROW LEVEL SECURITY")


# Two memories of the session before, and two after once there are two: see storage/index/documents.py.
_FILL_SQLITE = """
INSERT INTO {name}(rowid, text, near, far, day)
SELECT number, text,
    CASE WHEN session IS NULL THEN '' ELSE ltrim(
        coalesce(before_1, '') || CASE WHEN after_2 IS NULL THEN '' ELSE char(10) || after_1 END, char(10)) END,
    CASE WHEN session IS NULL THEN '' ELSE ltrim(
        coalesce(before_2, '') || coalesce(char(10) || after_2, ''), char(10)) END,
    CAST(strftime('%d', happened) AS INTEGER) || ' ' || trim(substr(
        'January  February March    April    May      June     July     August   SeptemberOctober  '
        || 'November December ',
        9 * CAST(strftime('%m', happened) AS INTEGER) - 8, 9)) || ' ' || CAST(strftime('%Y', happened) AS INTEGER)
FROM (
    SELECT number, text, session, coalesce(occurred_at, created_at) AS happened,
        lag(short, 2) OVER said AS before_2, lag(short) OVER said AS before_1,
        lead(short) OVER said AS after_1, lead(short, 2) OVER said AS after_2
    FROM (
        SELECT *, beginning(text) AS short FROM memories
        WHERE tenant_number = {tenant} AND superseded_by IS NULL
    )
    WINDOW said AS (PARTITION BY session ORDER BY number)
)
"""

# A memory's own words come first in its document, so their positions are their places in the text.
_FILL_POSTGRES = """
UPDATE memory_search AS mine
SET document = ts_filter(mine.document, '{{a}}') || around.document || ts_filter(mine.document, '{{c}}')
FROM (
    SELECT number, CASE WHEN session IS NULL THEN ''::tsvector ELSE
        setweight(coalesce(lag(short) OVER said, '')
            || CASE WHEN lead(short, 2) OVER said IS NULL THEN '' ELSE lead(short) OVER said END, '{near}')
        || setweight(coalesce(lag(short, 2) OVER said, '') || coalesce(lead(short, 2) OVER said, ''), '{far}')
        END AS document
    FROM (
        SELECT memories.number, memories.tenant_number, memories.session, (
            SELECT coalesce(string_agg(format('''%s'':%s', word.lexeme, word.places), ' '), '')
            FROM (
                SELECT lexeme,
                    array_to_string(array(SELECT * FROM unnest(positions) AS at WHERE at <= {most}), ',')
                FROM unnest(ts_filter(found.document, '{{a}}'))
            ) AS word (lexeme, places)
            WHERE word.places > ''
        )::tsvector AS short
        FROM memories JOIN memory_search AS found ON found.memory_number = memories.number
    ) AS current
    WINDOW said AS (PARTITION BY tenant_number, session ORDER BY number)
) AS around
WHERE mine.memory_number = around.number
"""

# See 0004. The rarity of a term is that among what memories say themselves and their days: five that stand
# together share their words, so by all places a name or a topic would look common.
_MATCH_BY_RARITY = f"""
CREATE FUNCTION match_memories(terms tsquery[], weights real[], most bigint)
RETURNS TABLE (memory_number bigint, strength real, lexical real, neighbours real, "time" real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH hit AS MATERIALIZED (
        SELECT term.place, found.memory_number,
            ts_rank('{{{{0.3, 1, 0.4, 1}}}}', found.document, term.query, 1) AS strength,
            ts_rank('{{{{0, 1, 0, 1}}}}', found.document, term.query) > 0 AS is_own
        FROM unnest(terms) WITH ORDINALITY AS term (query, place)
        JOIN {{schema}}.memory_search AS found ON found.document @@ term.query
        WHERE {_MINE}
    ), held AS (
        SELECT place, coalesce(nullif(count(*) FILTER (WHERE is_own), 0), count(*)) AS holders
        FROM hit GROUP BY place
    ), term AS MATERIALIZED (
        SELECT held.place, terms[held.place] AS query,
            weights[held.place] * ln(1 + (mine.size - held.holders + 0.5) / (held.holders + 0.5)) AS rarity
        FROM held, (SELECT count(*) AS size FROM {{schema}}.memory_search WHERE {_MINE}) AS mine
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
            sum(term.rarity * ts_rank('{{{{0.3, 0, 0.4, 1}}}}', found.document, term.query, 1)) AS around
        FROM term WHERE found.document @@ term.query
    ) AS parts
    ORDER BY best.strength DESC, best.memory_number DESC
$$
"""  # noqa: S608 - constants and the quoted name of a schema
