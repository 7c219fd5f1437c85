"""Migrations: up and down on both databases, and a file from before there were any."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from real_postgres import OWNER

from continuum.core.addresses import database_address
from continuum.core.engine import MemoryEngine
from continuum.core.records import Turn
from continuum.storage import registry, schema, tables
from continuum.storage.database import open_database
from continuum.storage.postgres import create_engine
from continuum.storage.setup import set_up
from continuum.storage.sqlite import SqliteDatabase
from continuum.storage.tenants import find_tenant, list_tenants

RECORDED = Path(__file__).parent / "recorded" / "schema_1.sql"
# Made by the migrations and not described as tables.
BESIDE = ("alembic_version", "memory_search")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """An engine on a database without tables, as its owner."""
    if request.param == "sqlite":
        database = SqliteDatabase(tmp_path / "empty.db")
        yield database._writing_engine
        database.close()
        return
    server = request.getfixturevalue("postgres")
    name = server.create("template0")
    engine = create_engine(database_address(server.url(OWNER, name)))
    yield engine
    engine.dispose()
    server.drop(name)


@pytest.fixture
def recorded(tmp_path):
    path = tmp_path / "recorded.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(RECORDED.read_text())
    connection.close()
    return path


def names(connection):
    found = sa.inspect(connection)
    return {
        table: {column["name"] for column in found.get_columns(table)} for table in found.get_table_names()
    }


def test_the_migrations_make_the_tables_that_the_code_describes(empty):
    with empty.begin() as connection:
        schema.migrate(connection)
    with empty.begin() as connection:
        context = MigrationContext.configure(connection)
        differences = [entry for entry in compare_metadata(context, tables.metadata) if not is_beside(entry)]
    assert differences == []
    assert registry.operations.metadata is tables.metadata


def is_beside(entry):
    thing = entry[1] if isinstance(entry, tuple) else None
    table = getattr(thing, "table", thing)
    return getattr(table, "name", None) in BESIDE


def test_every_step_down_and_up_again_gives_the_same_tables(empty):
    shapes = {}
    for version in schema.VERSIONS:
        with empty.begin() as connection:
            schema.migrate(connection, version)
            shapes[version] = names(connection)
    for version in reversed(schema.VERSIONS[:-1]):
        with empty.begin() as connection:
            schema.migrate(connection, version)
            assert names(connection) == shapes[version]
    with empty.begin() as connection:
        schema.migrate(connection, "base")
        assert names(connection).keys() <= {"alembic_version", "sqlite_sequence"}
        schema.migrate(connection)
        assert names(connection) == shapes[schema.VERSIONS[-1]]


def test_the_list_of_versions_is_that_of_the_migrations():
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    revisions = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(script.revision for script in revisions)[::-1] == schema.VERSIONS


def test_a_file_from_before_migrations_loses_nothing(recorded):
    database = open_database(recorded)
    engine = MemoryEngine(database)
    with database.read() as connection:
        acme, rival = (tenant for tenant, _ in list_tenants(connection))
        log = connection.execute(sa.select(registry.operations)).all()
        keys = connection.execute(sa.select(registry.api_keys)).all()
        mentions = connection.execute(sa.select(tables.memory_concepts)).all()
    stats = engine.stats(acme)
    assert (stats.memories, stats.repeats, stats.concepts, stats.links, stats.sessions) == (3, 1, 2, 1, 1)
    found = engine.recall(acme, "Where did Maya move?", 10).memories
    assert {memory.text for memory in found} >= {"Maya moved to Lisbon.", "maya moved to lisbon"}
    assert found[0].matched_concepts in ([], ["Maya"])
    assert engine.recall(rival, "Atlas vault", 10).memories[0].text == "The vault of Project Atlas is empty."
    assert [(entry.tenant_number, entry.sequence, entry.kind) for entry in log] == [
        (1, 1, "learn"),
        (1, 2, "learn"),
        (1, 3, "learn"),
        (2, 1, "learn"),
        (2, 2, "learn"),
    ]
    assert sorted(entry.clock for entry in log) == [entry.clock for entry in log]
    assert [(key.id, key.expires_at) for key in keys] == [("DMFOHL-f", None)]
    assert {(mention.memory_number, mention.tenant_number) for mention in mentions} == {
        (1, 1), (2, 1), (4, 2), (5, 2),
    }  # fmt: skip
    # What is learned from now on goes on where the file was: numbers, sequence, duplicates.
    learned = engine.learn(acme, Turn("MAYA moved to Lisbon!", "Lisbon is lovely, Maya."))
    assert (learned.duplicates, learned.near_duplicates) == (1, 1)
    with database.read() as connection:
        last = connection.execute(sa.select(registry.operations).order_by(registry.operations.c.number)).all()
        newest = connection.scalar(sa.select(sa.func.max(tables.memories.c.number)))
    assert [entry.sequence for entry in last[-2:]] == [4, 5]
    assert newest == 7
    database.close()


def test_a_file_that_went_up_and_down_is_still_read_as_before(recorded):
    open_database(recorded).close()
    database = SqliteDatabase(recorded)
    with database.write() as connection:
        schema.migrate(connection, "0001")
    database.close()
    with sqlite3.connect(recorded) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("memories", "repeats", "memory_concepts", "concept_links")
        ]
    connection.close()
    assert counts == [5, 1, 6, 2]


def test_owners_may_set_up_the_same_database_at_once(postgres):
    name = postgres.create("template0")
    address = database_address(postgres.url(OWNER, name))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(set_up, [address] * 4)) == [None] * 4
    postgres.drop(name)


def test_the_operation_log_is_only_appended_to(engine, tenant, database):
    engine.learn(tenant, Turn("tea"))
    with pytest.raises(sa.exc.DatabaseError), database.write(tenant) as connection:
        connection.execute(sa.update(registry.operations).values(kind="forget"))
    with database.read() as connection:
        assert find_tenant(connection, "acme") == tenant
