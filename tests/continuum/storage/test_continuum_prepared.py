"""Prepared statements: many values in one parameter, and the index is used all the same."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from real_postgres import both_databases
from sqlalchemy.dialects import sqlite

from continuum.core.records import Note
from continuum.storage import concepts, prepared, storing
from continuum.storage import memories as stored
from continuum.storage.columns import UtcDateTime
from continuum.storage.index import documents
from continuum.storage.prepared import AnyOf, Prepared
from continuum.storage.tables import memories

STATEMENTS = {
    "known": (storing._KNOWN, 3, "tenant_number=? AND role=? AND content_hash=?"),
    "alike": (storing._ALIKE, 2, "tenant_number=? AND likeness=?"),
    "places": (stored._PLACES, 2, "rowid=?"),
    "found": (stored._BY_NUMBER, 2, "rowid=?"),
    "alone": (documents._ALONE, 2, "rowid=?"),
    "session": (documents._SESSIONS, 2, "rowid=?"),
    "concepts": (concepts._NUMBERS, 3, "tenant_number=? AND type=? AND folded_name=?"),
    "links": (concepts._KNOWN_LINKS["sqlite"], 2, "source_number=? AND target_number=?"),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_statement_of_learning_and_recalling_is_answered_by_an_index(database, tenant, name):
    statement, places, index = STATEMENTS[name]
    with database.read(tenant) as connection:
        text = "EXPLAIN QUERY PLAN " + statement._for(connection).text
        plan = [row[3] for row in connection.exec_driver_sql(text, ("[]",) * places)]
    assert any(index in step for step in plan), plan


@both_databases
def test_a_list_of_any_length_is_one_parameter(engine, tenant, database):
    engine.learn(tenant, *(Note(text) for text in ("one", 'two "quoted"', "three")))
    mine = memories.c.tenant_number == sa.bindparam("tenant")
    statement = Prepared(sa.select(memories.c.text).where(mine, AnyOf(memories.c.text, "texts")))
    with database.read(tenant) as connection:
        for wanted in ([], ["one"], ["one", 'two "quoted"', "absent"]):
            rows = statement.run(connection, {"tenant": tenant.number, "texts": wanted})
            assert {row.text for row in rows} == set(wanted) - {"absent"}, json.dumps(wanted)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2024, 2, 29, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
)
def test_moments_are_written_and_read_as_sqlalchemy_does_it(moment):
    dialect = sqlite.dialect()
    kind = UtcDateTime().dialect_impl(dialect)
    text = prepared._text_of(moment)
    assert text == kind.bind_processor(dialect)(moment)
    assert prepared._moment_of(text) == kind.result_processor(dialect, None)(text) == moment
    assert prepared._moment_of(text).tzinfo is UTC
    # What another program may have written.
    assert prepared._moment_of("2024-05-07 12:00:00") == datetime(2024, 5, 7, 12, tzinfo=UTC)
