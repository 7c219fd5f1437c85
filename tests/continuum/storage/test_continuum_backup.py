import random
import sqlite3
import threading
from pathlib import Path

import pytest

from continuum.cache.connect import connect_cache
from continuum.core.credentials import key_id
from continuum.core.engine import MemoryEngine
from continuum.core.errors import StorageError
from continuum.core.records import Note, Turn
from continuum.core.settings import Settings
from continuum.storage.backup import back_up, restore
from continuum.storage.database import open_database
from continuum.storage.keys import find_caller, revoke_key
from continuum.storage.tenants import list_tenants
from continuum.storage.verification import verify


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "copy.db"


@pytest.fixture
def bring_back(copy, tmp_path):
    """Restores the copy in another place, and opens what came of it."""
    found = []

    def restore_and_open():
        restore(copy, tmp_path / "elsewhere" / "continuum.db")
        found.append(open_database(tmp_path / "elsewhere" / "continuum.db"))
        return found[-1]

    yield restore_and_open
    for database in found:
        database.close()


def texts(database, tenant):
    return sorted(memory.text for memory in MemoryEngine(database).search(tenant).memories)


def test_a_restored_database_has_everything_and_is_sound(database, engine, tenant, copy, bring_back):
    engine.learn(tenant, Turn("Maya likes tea", "Noted", "s"))
    back_up(database.path, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    engine.learn(tenant, Note("later"))
    restored = bring_back()
    assert restored.path.stat().st_mode & 0o777 == 0o600
    assert texts(restored, tenant) == ["Maya likes tea", "Noted"]
    assert MemoryEngine(restored).recall(tenant, "tea", 5).memories[0].text == "Maya likes tea"
    MemoryEngine(restored).learn(tenant, Note("anew"))
    assert list(verify(restored)) == []
    assert texts(database, tenant) == ["Maya likes tea", "Noted", "later"]
    assert sorted(path.name for path in restored.path.parent.iterdir()) == [
        "continuum.db", "continuum.db-shm", "continuum.db-wal",
    ]  # fmt: skip


def test_a_backup_is_taken_while_others_write_and_holds_one_moment(
    database, engine, tenant, copy, bring_back
):
    stop = threading.Event()

    def write():
        for number in range(10_000):
            if stop.is_set():
                return
            engine.learn(tenant, Turn(f"first {number}", f"second {number}"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while engine.stats(tenant).memories < 50:
            pass
        back_up(database.path, copy)
    finally:
        stop.set()
        writer.join()
    restored = bring_back()
    assert list(verify(restored)) == []
    count = MemoryEngine(restored).stats(tenant).memories
    assert count >= 50
    assert count % 2 == 0


def test_restoring_over_a_database_undoes_what_came_after(database, engine, tenant, copy):
    engine.learn(tenant, Note("before"))
    back_up(database.path, copy)
    engine.learn(tenant, Note("after"))
    with pytest.raises(FileExistsError):
        restore(copy, database.path)
    with pytest.raises(StorageError, match="stop the service first"):
        restore(copy, database.path, replace=True)
    assert texts(database, tenant) == ["after", "before"]
    database.close()
    restore(copy, database.path, replace=True)
    assert texts(database, tenant) == ["before"]
    assert list(verify(database)) == []


@pytest.mark.parametrize("what", ["", "is left of it", "is missing"])
def test_a_log_that_a_killed_service_left_does_not_come_back_to_life(database, engine, tenant, copy, what):
    engine.learn(tenant, Note("before"))
    back_up(database.path, copy)
    engine.learn(tenant, Note("after"))
    # As a kill leaves it: the file, and beside it the log that nobody folded.
    place = copy.parent / "left" / "continuum.db"
    place.parent.mkdir()
    for ending in ("", "-wal"):
        left = database.path.with_name(database.path.name + ending).read_bytes()
        assert left
        place.with_name(place.name + ending).write_bytes(left)
    if what == "is left of it":
        place.write_bytes(place.read_bytes()[:30_000])
    elif what == "is missing":
        place.unlink()
    restore(copy, place, replace=True)
    assert [path.name for path in place.parent.iterdir()] == ["continuum.db"]
    again = open_database(place)
    assert texts(again, tenant) == ["before"]
    again.close()


def test_a_restored_database_is_another_instance_that_counts_from_one(
    database, engine, tenant, copy, bring_back
):
    engine.learn(tenant, Turn("one", "two"))
    back_up(database.path, copy)
    restored = bring_back()
    assert restored.instance_id != database.instance_id
    MemoryEngine(restored).learn(tenant, Note("three"))
    with restored.read() as connection:
        log = connection.exec_driver_sql(
            "SELECT id, sequence FROM operations JOIN instances ON instances.number = origin_number"
            " ORDER BY operations.number"
        ).all()
        with pytest.raises(Exception, match="only appended to"):
            connection.exec_driver_sql("UPDATE operations SET sequence = 9")
    former = database.instance_id
    assert log == [(former, 1), (former, 2), (restored.instance_id, 1)]


def test_what_was_cached_of_another_future_is_not_answered(database, tenant, copy, valkey, monkeypatch):
    monkeypatch.setattr("continuum.cache.client.SOCKET_SECONDS", 5.0)
    settings = Settings(database.path, redis_url=valkey.url, cache_enabled=True)
    engine, cache = MemoryEngine(database), connect_cache(settings, database)
    engine.learn(tenant, Note("tea before"))
    back_up(database.path, copy)
    engine.learn(tenant, Note("tea after"))
    assert len(MemoryEngine(database, cache).recall(tenant, "tea", 5).memories) == 2
    cache.close()
    database.close()
    restore(copy, database.path, replace=True)
    engine.learn(tenant, Note("coffee"))  # the same revision again
    cache = connect_cache(settings, database)
    assert len(MemoryEngine(database, cache).recall(tenant, "tea", 5).memories) == 1
    cache.close()


def test_a_key_revoked_after_the_backup_works_again(database, make_key, copy, bring_back):
    # Not what one would wish, but what a backup is: the documentation says so.
    key = make_key("acme")
    back_up(database.path, copy)
    with database.write() as connection:
        revoke_key(connection, key_id(key))
    with bring_back().read() as connection:
        assert find_caller(connection, key) is not None


@pytest.mark.parametrize("content", [b"", b"canary " * 1000, b"SQLite format 3\0" + b"x" * 5000])
def test_what_is_no_backup_changes_nothing(database, engine, tenant, copy, content):
    engine.learn(tenant, Note("before"))
    copy.write_bytes(content)
    with pytest.raises(StorageError) as caught:
        restore(copy, database.path, replace=True)
    assert "canary" not in str(caught.value)
    assert texts(database, tenant) == ["before"]
    assert [path.name for path in copy.parent.iterdir() if path.name.startswith(".")] == []


def test_a_copy_that_is_damaged_anywhere_is_refused_and_changes_nothing(
    database, engine, tenant, copy, tmp_path
):
    engine.learn(tenant, *[Turn(f"canary {number} {'x' * 500}", "noted", "s") for number in range(60)])
    back_up(database.path, copy)
    whole, chance = copy.read_bytes(), random.Random(3)
    for _ in range(12):
        page = chance.randrange(len(whole) // 4096) * 4096
        for damaged in (
            whole[: chance.randrange(len(whole))],
            whole[:page] + bytes(4096) + whole[page + 4096 :],
        ):
            copy.write_bytes(damaged)
            with pytest.raises(StorageError) as caught:
                restore(copy, tmp_path / "elsewhere.db")
            assert "canary" not in str(caught.value)
    assert list(tmp_path.glob("*elsewhere*")) == []


def test_what_is_damaged_beyond_reading_is_replaced(database, engine, tenant, copy):
    engine.learn(tenant, Note("before"))
    back_up(database.path, copy)
    database.close()
    for left in (b"", b"canary " * 9000, copy.read_bytes()[:30_000]):
        database.path.write_bytes(left)
        restore(copy, database.path, replace=True)
        again = open_database(database.path)
        assert texts(again, tenant) == ["before"]
        assert list(verify(again)) == []
        again.close()


def test_a_database_of_others_is_refused(database, copy):
    with sqlite3.connect(copy) as connection:
        connection.execute("CREATE TABLE memories (canary)")
    with pytest.raises(StorageError, match="no database of ours"):
        restore(copy, database.path, replace=True)
    connection.execute("CREATE TABLE tenants (number, public_id)")
    connection.close()
    with pytest.raises(StorageError):
        restore(copy, database.path, replace=True)


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_done(database, copy, tmp_path):
    copy.write_text("kept")
    with pytest.raises(FileExistsError):
        back_up(database.path, copy)
    assert copy.read_text() == "kept"
    with pytest.raises(StorageError):
        back_up(database.path, tmp_path / "nowhere" / "copy.db")


def test_a_copy_of_the_first_version_is_brought_up_to_date(copy, bring_back):
    with sqlite3.connect(copy) as connection:
        connection.executescript((Path(__file__).parent / "recorded" / "schema_1.sql").read_text())
    connection.close()
    restored = bring_back()
    with restored.read() as connection:
        tenants = [tenant for tenant, _ in list_tenants(connection)]
    assert sum(MemoryEngine(restored).stats(tenant).memories for tenant in tenants) > 0
    assert list(verify(restored)) == []
