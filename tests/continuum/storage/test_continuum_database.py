import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from continuum.core.errors import StorageError
from continuum.core.records import Turn
from continuum.storage.database import open_database
from continuum.storage.tenants import list_tenants


def test_directory_and_files_are_private(tmp_path):
    database = open_database(tmp_path / "data" / "continuum.db")
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO secrets VALUES ('x', x'00')")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()} == {0o600}
    database.close()


def test_connections_have_the_settings_that_the_design_needs(database):
    with database.read() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in (
                "journal_mode",
                "synchronous",
                "wal_autocheckpoint",
                "foreign_keys",
                "busy_timeout",
                "secure_delete",
            )
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,
        "wal_autocheckpoint": 4000,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "secure_delete": 1,
    }


def test_connections_are_used_again_and_are_closed_with_the_database(database, tenant, place):
    with database.read() as first, database.read() as other:
        assert first is not other
    with database.read() as again, database.read() as at_once:
        assert {again, at_once} == {first, other}
    with database.write() as writer:
        writer.exec_driver_sql("INSERT INTO secrets VALUES ('x', x'00')")
    with database.write() as same:
        assert same is writer
    assert place.with_name("continuum.db-wal").stat().st_size > 0
    database.close()
    # Whoever closes the file last folds its log into it.
    assert not place.with_name("continuum.db-wal").exists()


def test_what_failed_on_a_connection_leaves_nothing_to_the_next_transaction(database):
    def fail(transaction):
        with transaction() as connection:
            failed.append(connection)
            connection.exec_driver_sql("SELECT * FROM nowhere")

    failed = []
    for transaction in (database.read, database.write, database.read, database.write):
        with pytest.raises(sa.exc.OperationalError):
            fail(transaction)
        with transaction() as connection:
            assert connection not in failed
            assert connection.exec_driver_sql("SELECT count(*) FROM tenants").scalar() == 0
    assert all(connection.closed for connection in failed)


def test_more_readers_than_are_kept_are_served_and_let_go(database):
    with ExitStack() as stack:
        used = [stack.enter_context(database.read()) for _ in range(12)]
        assert len(set(used)) == 12
    assert len(database._readers) == 8
    assert sum(not connection.closed for connection in used) == 8


def test_many_may_open_a_new_database_at_once(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_database(tmp_path / "new.db"), range(8)))
    assert len(opened) == 8
    for database in opened:
        database.close()


def test_many_new_databases_may_be_opened_at_once(tmp_path):
    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(lambda number: open_database(tmp_path / f"{number}.db"), range(6)))
    assert len({database.instance_id for database in opened}) == 6
    for database in opened:
        database.close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("some notes " * 200)
    with pytest.raises(StorageError, match=r"^the database can't be opened$") as caught:
        open_database(path)
    assert isinstance(caught.value.__cause__.__cause__, sqlite3.DatabaseError)
    assert path.read_text() == "some notes " * 200


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="can't be created"):
        open_database(tmp_path / "file" / "continuum.db")


def test_a_database_of_a_later_version_is_refused(tmp_path):
    open_database(tmp_path / "a.db").close()
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StorageError, match="later version"):
        open_database(tmp_path / "a.db")


def test_a_secret_is_made_once_and_shared(database, tmp_path):
    other = open_database(tmp_path / "continuum.db")
    assert database.secret("a") == other.secret("a") != database.secret("b")
    assert len(database.secret("a")) == 32
    other.close()


def test_a_transaction_that_raises_is_undone(database):
    def fail():
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO secrets VALUES ('x', x'00')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM secrets").scalar() == 0


def test_a_forgotten_session_is_not_in_the_files_of_the_running_service(engine, tenant, place):
    engine.learn(tenant, Turn("Ottokar gambles", "quokka", "session-about-ottokar"))
    engine.learn(tenant, Turn("something else"))
    engine.forget_session(tenant, "session-about-ottokar")
    content = b"".join(path.read_bytes().lower() for path in place.parent.glob("continuum.db*"))
    assert b"something else" in content
    assert not any(word in content for word in (b"ottokar", b"quokka", b"gambl"))


def test_what_a_long_reader_kept_in_the_log_is_gone_with_the_next_writing_after_it(
    engine, tenant, database, place
):
    ident = engine.learn(tenant, Turn("Ottokar gambles")).memory_ids[0]

    def is_there():
        return any(b"ottokar" in path.read_bytes().lower() for path in place.parent.glob("continuum.db*"))

    with database.read() as connection:
        assert tenant_count(connection) == 1
        engine.forget(tenant, ident)
        engine.learn(tenant, Turn("while somebody reads"))
        assert is_there()
    engine.learn(tenant, Turn("something else"))
    assert not is_there()
    assert engine.stats(tenant).memories == 2


def test_an_erasure_does_not_wait_long_for_a_reader(engine, tenant, database):
    ident = engine.learn(tenant, Turn("tea")).memory_ids[0]
    with database.read() as connection:
        assert tenant_count(connection) == 1
        engine.forget(tenant, ident)
    assert engine.stats(tenant).memories == 0


def tenant_count(connection):
    return len(list_tenants(connection))
