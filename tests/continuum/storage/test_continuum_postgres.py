"""PostgreSQL: row level security binds the service, whatever its statements say."""

import psycopg
import pytest
import sqlalchemy as sa
from real_postgres import APPLICATION, OWNER, WORD, both_databases

from continuum.core.addresses import database_address
from continuum.core.errors import SettingsError, StorageError, TenantNotFound
from continuum.core.records import Turn
from continuum.storage.columns import metadata
from continuum.storage.database import open_database
from continuum.storage.registry import api_keys, operations
from continuum.storage.setup import set_up
from continuum.storage.tables import memories

on_postgresql = pytest.mark.parametrize("place", ["postgresql"], indirect=True)
OF_TENANTS = {name for name, table in metadata.tables.items() if "tenant_number" in table.c} - {api_keys.name}


@on_postgresql
def test_every_table_of_tenants_forces_row_level_security(database):
    query = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    with database.read() as connection:
        forced = set(connection.scalars(sa.text(query)))
        behind = connection.scalar(
            sa.text("SELECT relrowsecurity FROM pg_class WHERE relname = 'memory_search'")
        )
    assert forced == OF_TENANTS
    assert behind


@on_postgresql
def test_a_statement_that_forgets_the_tenant_sees_and_changes_its_own_rows_only(
    database, engine, make_tenant
):
    one, two = make_tenant("one"), make_tenant("two")
    engine.learn(one, Turn("Zanzibar"))
    engine.learn(two, Turn("Ljubljana"))
    with database.read(two) as connection:
        assert connection.scalars(sa.select(memories.c.text)).all() == ["Ljubljana"]
        everything = sa.text(
            "SELECT * FROM match_memories(ARRAY[to_tsquery('continuum', 'zanzibar | ljubljana')], ARRAY[1], 9)"
        )
        assert len(connection.execute(everything).all()) == 1
        assert connection.scalar(sa.text("SELECT count(*) FROM memory_search")) == 1
    with database.read() as connection:
        assert connection.scalars(sa.select(memories.c.text)).all() == []
        assert connection.scalars(sa.select(operations.c.kind)).all() == []
    with database.write(two) as connection:
        assert connection.execute(sa.delete(memories)).rowcount == 1
    assert engine.stats(one).memories == 1


@on_postgresql
def test_the_tenant_of_a_transaction_ends_with_it(database, engine, make_tenant):
    one = make_tenant("one")
    engine.learn(one, Turn("Zanzibar"))
    for _ in range(3):
        with database.read(one) as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(memories)) == 1
        with database.read() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(memories)) == 0


@on_postgresql
@pytest.mark.parametrize(
    "statement",
    [
        "SET LOCAL row_security = off; SELECT * FROM memories",
        "ALTER TABLE memories NO FORCE ROW LEVEL SECURITY",
        "DELETE FROM operations",
        "UPDATE operations SET kind = 'x'",
        "DELETE FROM receipts",
        "DROP POLICY own_tenant ON memories",
        "CREATE TABLE mine ()",
    ],
)
def test_the_application_may_not_go_round(database, tenant, statement):
    *before, last = statement.split("; ")
    with database.write(tenant) as connection:
        for part in before:
            connection.exec_driver_sql(part)
        with pytest.raises(sa.exc.ProgrammingError):
            connection.exec_driver_sql(last)


@on_postgresql
def test_search_finds_by_the_gin_index(database, engine, tenant, alter):
    engine.learn(tenant, Turn("Zanzibar"))
    alter(
        "INSERT INTO memories (id, tenant_number, role, text, content_hash, created_at, metadata)"
        " SELECT 'x' || n, 1, 'note', 'word' || n, n, now(), '{}' FROM generate_series(1, 5000) AS n"
    )
    alter(
        "INSERT INTO memory_search SELECT number, 1, to_tsvector('continuum', text) FROM memories"
        " WHERE id LIKE 'x%'"
    )
    alter("ANALYZE memory_search")
    for _ in range(20):
        engine.recall(tenant, "Zanzibar word77", 5)
    name = database.place.place.rpartition("/")[2]
    scans = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'memory_search_by_document'"
    database.close()
    # The session's statistics are reported when it has ended.
    for _ in range(100):
        with psycopg.connect(postgres_url(database, name)) as connection:
            found = connection.execute(scans).fetchone()[0]
        if found:
            break
    assert found


def postgres_url(database, name):
    return database.place.url.replace("postgresql+psycopg", "postgresql").replace(APPLICATION, "admin")


def test_a_role_that_could_pass_by_row_level_security_is_refused(postgres):
    name = postgres.create()
    for role in ("admin", OWNER):
        with pytest.raises(StorageError, match="could read every tenant's rows") as caught:
            open_database(database_address(postgres.url(role, name)))
        assert WORD not in str(caught.value)
    postgres.execute(f"ALTER ROLE {APPLICATION} BYPASSRLS")
    try:
        with pytest.raises(StorageError, match="BYPASSRLS"):
            open_database(database_address(postgres.url(APPLICATION, name)))
    finally:
        postgres.execute(f"ALTER ROLE {APPLICATION} NOBYPASSRLS")
    postgres.drop(name)


def test_a_new_application_role_gets_a_password_once_and_works(postgres):
    name = postgres.create("template0")
    owner = database_address(postgres.url(OWNER, name))
    password = set_up(owner, "user")
    assert set_up(owner, "user") is None
    database = open_database(
        database_address(f"postgresql://user:{password}@127.0.0.1:{postgres.port}/{name}")
    )
    assert len(database.instance_id) == 36
    database.close()
    with pytest.raises(SettingsError, match="--application-role must be"):
        set_up(owner, "x; DROP TABLE memories")
    postgres.drop(name)


def test_a_database_without_tables_says_who_makes_them(postgres):
    name = postgres.create("template0")
    with pytest.raises(StorageError, match="continuum init"):
        open_database(database_address(postgres.url(APPLICATION, name)))
    postgres.drop(name)


@pytest.mark.parametrize("where", ["127.0.0.1:1/x", "127.0.0.1:{port}/x"])
def test_a_server_that_refuses_is_one_constant_line(postgres, where):
    url = f"postgresql://canary:canary@{where.format(port=postgres.port)}"
    with pytest.raises(StorageError, match=r"^the database can't be opened$"):
        open_database(database_address(url))


@both_databases
def test_an_erased_tenant_can_no_longer_be_written(database, engine, tenant):
    engine.forget_tenant(tenant)
    with pytest.raises(TenantNotFound):
        engine.learn(tenant, Turn("tea"))
