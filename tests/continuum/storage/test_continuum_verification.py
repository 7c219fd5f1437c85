import pytest
import sqlalchemy as sa
from real_postgres import both_databases

from continuum.core.records import Note, Turn
from continuum.storage.operations import enter_operations
from continuum.storage.registry import operations, tenants
from continuum.storage.tables import memories
from continuum.storage.verification import Finding, verify


@pytest.fixture
def filled(engine, make_tenant):
    tenant = make_tenant("acme")
    for number in range(3):
        engine.learn(tenant, Turn(f"Maya told tea {number} in Lisbon", f"noted {number}", "s"))
    old, new = engine.learn(tenant, Note("in Berlin"), Note("in Porto")).memory_ids
    engine.supersede(tenant, old, new)
    engine.learn(tenant, Note("in Porto"))
    engine.forget(tenant, engine.learn(tenant, Note("gone")).memory_ids[0])
    return tenant


@both_databases
def test_a_sound_database_has_no_findings(database, filled, make_tenant):
    make_tenant("empty")
    assert list(verify(database)) == []


@both_databases
def test_each_kind_of_damage_is_found_and_counted_without_a_name_or_a_text(database, filled):
    whose = memories.c.tenant_number == filled.number
    with database.write(filled) as connection:
        first = connection.scalar(sa.select(sa.func.min(memories.c.number)).where(whose))
        changed = sa.update(memories).where(whose, memories.c.number == first).values(text="canary")
        connection.execute(changed)
        # As if it had never been superseded: the index lacks it.
        again = sa.update(memories).where(whose, memories.c.superseded_by.is_not(None))
        connection.execute(again.values(superseded_by=None))
        counted = sa.update(tenants).where(tenants.c.number == filled.number)
        connection.execute(counted.values(last_sequence=tenants.c.last_sequence + 2))
    found = list(verify(database))
    assert found == [
        Finding("memories that the index lacks", 1, filled.number),
        Finding("memories whose text isn't the one that was learned", 1, filled.number),
        Finding("gaps of the operation log", 2, filled.number),
    ]
    assert "canary" not in repr(found)
    assert "acme" not in repr(found)


def test_what_a_lost_write_leaves_in_a_file_is_found(database, filled):
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.execute(sa.delete(operations).where(operations.c.sequence == 2))
        connection.exec_driver_sql(f"DELETE FROM memory_fts_{filled.number} WHERE rowid = 1")
        connection.exec_driver_sql(f"DELETE FROM memory_fts_{filled.number}_content WHERE id = 2")
    found = {finding.what: finding.count for finding in verify(database)}
    assert found["damaged full-text indexes"] == 1
    assert found["memories that the index lacks"] == 2
    assert found["memories without an entry in the operation log"] == 1
    assert found["gaps of the operation log"] == 1


def test_what_is_missing_of_another_instance_is_found(database, filled):
    with database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO instances (number, id, created_at) SELECT 2, 'x', created_at FROM instances"
        )
        for sequence in (1, 2, 4):
            enter_operations(
                connection,
                filled,
                [
                    {
                        "origin_number": 2,
                        "sequence": sequence,
                        "clock": 1,
                        "kind": "withheld",
                        "memory_id": "",
                        "reference": None,
                    }
                ],
                1,
            )
    assert list(verify(database)) == [Finding("gaps of the operation log", 1, filled.number)]


def test_a_row_of_another_tenant_is_found(database, filled, make_tenant, engine):
    other = make_tenant("other")
    engine.learn(other, Note("Maya in Lisbon"))
    with database.write() as connection:
        connection.exec_driver_sql(f"UPDATE repeats SET tenant_number = {other.number}")
    assert list(verify(database)) == [
        Finding("repeats without one of the memories of its tenant", 1, other.number)
    ]
