"""The last look before an answer, on both databases: a foreign row in a result is left out and reported once."""

import pytest
import sqlalchemy as sa
from real_postgres import both_databases

import telemetry
from continuum.core import engine as engine_module
from continuum.core import exchange, reading
from continuum.core.records import Note
from continuum.storage.tables import memories
from telemetry.privacy.tenants import Pseudonyms

pytest_plugins = ["telemetry.testing"]
pytestmark = both_databases


def all_rows(database, tenant):
    """Everything that a tenant has, asked for as that tenant: elsewhere PostgreSQL itself would hide it."""
    with database.read(tenant) as connection:
        return connection.execute(sa.select(memories).where(memories.c.tenant_number == tenant.number)).all()


@pytest.fixture
def plant(monkeypatch):
    """Let the queries bring rows besides those that they find: what one that forgot its tenant would do."""

    def planting(rows):
        read, page = reading.read_memories, engine_module.page_memories
        pages = iter([rows])
        by_number = {row.number: row for row in rows}
        monkeypatch.setattr(reading, "read_memories", lambda *asked: read(*asked) | by_number)
        monkeypatch.setattr(
            engine_module, "page_memories", lambda *asked, **more: [*page(*asked, **more), *rows]
        )
        monkeypatch.setattr(
            exchange, "page_memories", lambda *asked, **more: [*page(*asked, **more), *next(pages, [])]
        )

    return planting


def test_a_foreign_row_in_a_result_is_left_out_and_reported_once(wire, engine, database, make_tenant, plant):
    names = wire.canaries("our name"), wire.canaries("their name")
    ours, theirs = (make_tenant(name) for name in names)
    engine.learn(ours, Note("moss grows on the north side"))
    engine.learn(theirs, Note(f"their moss is {wire.canaries('memory')}"))
    foreign = all_rows(database, theirs)
    assert len(foreign) == 1
    plant(foreign)

    wire.setup()
    for answer in (lambda: engine.recall(ours, "moss", 10), lambda: engine.search(ours)):
        with telemetry.operation("boundary.request", tenant=names[0]):
            assert [memory.text for memory in answer().memories] == ["moss grows on the north side"]
    with telemetry.operation("boundary.request", tenant=names[0]):
        assert len(list(engine.export(ours))) == 1
    assert wire.flush()

    whose = Pseudonyms(wire.environ()["CONTINUUM_TELEMETRY_HASH_KEY"]).of("tenant", names[0])
    events = wire.errors()
    assert [event["exception"]["values"][-1]["type"] for event in events] == ["TenantBoundaryError"] * 3
    assert [(event["level"], event["user"]) for event in events] == [("fatal", {"id": whose})] * 3
    wire.assert_clean(tenants=names)
