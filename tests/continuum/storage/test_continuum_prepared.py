"""Prepared statements: many values in one parameter, and the index is used all the same."""

import json

import pytest
import sqlalchemy as sa
from real_postgres import both_databases

from continuum.core.records import Note
from continuum.storage import concepts, storing
from continuum.storage.prepared import AnyOf, Prepared
from continuum.storage.tables import memories

STATEMENTS = {
    "known": (storing._KNOWN, 3, "tenant_number=? AND role=? AND content_hash=?"),
    "alike": (storing._ALIKE, 2, "tenant_number=? AND likeness=?"),
    "concepts": (concepts._NUMBERS, 3, "tenant_number=? AND type=? AND folded_name=?"),
    "links": (concepts._KNOWN_LINKS["sqlite"], 2, "source_number=? AND target_number=?"),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_statement_of_learning_is_answered_by_an_index(database, tenant, name):
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
