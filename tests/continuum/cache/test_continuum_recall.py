import builtins
import logging
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from real_postgres import both_databases

from continuum.cache.connect import connect_cache
from continuum.cache.recall import JITTER, LIFETIME_SECONDS, RecallCache
from continuum.core.addresses import database_address
from continuum.core.engine import MemoryEngine
from continuum.core.errors import SettingsError
from continuum.core.records import Recalled, Turn
from continuum.core.settings import Settings
from continuum.core.tenancy import Tenant

NOTHING = Recalled([], 0, 0)


@pytest.fixture
def patient(monkeypatch):
    """Time enough for a server on a busy machine: what is tested is not how soon it is given up."""
    monkeypatch.setattr("continuum.cache.client.SOCKET_SECONDS", 5.0)


@pytest.fixture
def cache(valkey, database, patient):
    opened = connect_cache(Settings(database.path, redis_url=valkey.url, cache_enabled=True), database)
    yield opened
    opened.close()


@pytest.fixture
def cached(database, cache):
    return MemoryEngine(database, cache)


@pytest.fixture
def inside(valkey):
    with redis.Redis.from_url(valkey.url) as client:
        yield client


@pytest.fixture
def held(inside):
    """Everything that Redis holds of memories, in one piece."""
    return lambda: b"".join(value for name in inside.keys() for value in inside.hvals(name))  # noqa: SIM118 - a Redis client is no dict


def ask(cache, tenant, question, answer=NOTHING):
    return cache.read_through(tenant, 1, question, 10, lambda: answer)


def texts(recalled):
    return [memory.text for memory in recalled.memories]


def test_the_second_answer_comes_from_the_cache_and_is_the_same(cached, cache, tenant):
    cached.learn(tenant, Turn("Maya likes tea.", "Noted.", "s-1", None, {"a": [1, None, "ü"]}))
    first = cached.recall(tenant, "tea", 10)
    assert cached.recall(tenant, "tea", 10) == first
    assert (cache.hits, cache.misses) == (1, 1)


def test_another_limit_or_question_is_another_answer(cached, cache, tenant):
    cached.learn(tenant, Turn("tea one", "tea two"))
    assert len(cached.recall(tenant, "tea", 10).memories) == 2
    assert len(cached.recall(tenant, "tea", 1).memories) == 1
    assert cached.recall(tenant, "coffee", 10).memories == []
    assert cache.hits == 0


def test_learning_and_forgetting_are_seen_at_once(cached, tenant):
    learned = cached.learn(tenant, Turn("tea one"))
    cached.recall(tenant, "tea", 10)
    cached.learn(tenant, Turn("tea two"))
    assert sorted(texts(cached.recall(tenant, "tea", 10))) == ["tea one", "tea two"]
    cached.forget(tenant, learned.memory_ids[0])
    assert texts(cached.recall(tenant, "tea", 10)) == ["tea two"]


def test_a_forgotten_text_leaves_redis_at_once(cached, tenant, held):
    learned = cached.learn(tenant, Turn("canary tea"))
    cached.recall(tenant, "tea", 10)
    assert b"canary" in held()
    cached.forget(tenant, learned.memory_ids[0])
    assert b"canary" not in held()
    cached.recall(tenant, "tea", 10)
    assert cached.recall(tenant, "tea", 10).memories == []


def test_what_is_forgotten_while_it_is_being_recalled_is_not_kept(cached, cache, tenant, held, database):
    learned = cached.learn(tenant, Turn("canary tea"))
    known = MemoryEngine(database).recall(tenant, "tea", 10)

    def recall_slowly():
        cached.forget(tenant, learned.memory_ids[0])
        return known

    for _ in range(2):  # first in an empty Redis, then where something was forgotten before
        assert cache.read_through(tenant, 7, "tea", 10, recall_slowly) is known
        assert b"canary" not in held()
        learned = cached.learn(tenant, Turn("canary tea"))


def test_names_in_redis_tell_neither_tenant_nor_question(cached, tenant, inside):
    cached.learn(tenant, Turn("tea"))
    cached.recall(tenant, "canary tea", 10)
    (name,) = inside.keys()
    (field,) = set(inside.hkeys(name)) - {b"seal"}
    for text in (b"acme", b"canary", b"tea"):
        assert text not in name + field
    assert 0 < inside.ttl(name) <= LIFETIME_SECONDS


def test_tenants_and_databases_share_nothing_in_redis(cached, valkey, make_tenant, tenant, tmp_path):
    from continuum.storage.database import open_database
    from continuum.storage.tenants import ensure_tenant

    cached.learn(tenant, Turn("tea at home"))
    cached.recall(tenant, "tea", 10)
    assert cached.recall(make_tenant("other"), "tea", 10).memories == []
    second = open_database(tmp_path / "second.db")
    with second.write() as connection:
        same_name = ensure_tenant(connection, "acme")
    assert same_name.number == tenant.number
    cache = connect_cache(Settings(second.path, redis_url=valkey.url, cache_enabled=True), second)
    assert MemoryEngine(second, cache).recall(same_name, "tea", 10).memories == []
    cache.close()
    second.close()


def test_redis_killed_midway_is_not_noticed_by_a_caller(cached, cache, tenant, valkey, caplog):
    cached.learn(tenant, Turn("tea one"))
    cached.recall(tenant, "tea", 10)
    valkey.kill()
    with caplog.at_level(logging.INFO):
        begin = time.perf_counter()
        for _ in range(50):
            assert texts(cached.recall(tenant, "tea", 10)) == ["tea one"]
        assert time.perf_counter() - begin < 5
        cached.learn(tenant, Turn("tea two"))
        assert sorted(texts(cached.recall(tenant, "tea", 10))) == ["tea one", "tea two"]
    assert cache.breaker.is_open
    assert cache.breaker.bypasses > 50
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(valkey.port) not in caplog.text


def test_a_change_that_redis_missed_is_never_answered_from_before(cached, database, tenant, valkey, inside):
    gone = cached.learn(tenant, Turn("tea one"))
    cached.recall(tenant, "tea", 10)
    # As when the connection fails between the database's commit and the deletion in Redis.
    MemoryEngine(database).forget(tenant, gone.memory_ids[0])
    assert any(b"tea one" in value for value in inside.hvals(inside.keys()[0]))
    assert cached.recall(tenant, "tea", 10).memories == []


def test_a_redis_that_accepts_and_never_answers_costs_little(database, tenant, valkey, inside):
    cache = connect_cache(Settings(database.path, redis_url=valkey.url, cache_enabled=True), database)
    engine = MemoryEngine(database, cache)
    engine.learn(tenant, Turn("tea"))
    engine.recall(tenant, "tea", 10)
    inside.execute_command("CLIENT", "PAUSE", "3000", "ALL")
    begin = time.perf_counter()
    engine.recall(tenant, "coffee", 10)
    assert cache.breaker.bypasses == 1  # what can't be read isn't written either: one wait and not two
    for _ in range(20):
        assert texts(engine.recall(tenant, "tea", 10)) == ["tea"]
    assert time.perf_counter() - begin < 2.5
    cache.close()
    inside.connection_pool.disconnect()


def test_what_is_no_answer_in_redis_is_read_around(cached, tenant, inside, caplog):
    cached.learn(tenant, Turn("tea"))
    cached.recall(tenant, "tea", 10)
    (name,) = inside.keys()
    (field,) = set(inside.hkeys(name)) - {b"seal"}
    for rubbish in (b"", b"\xff\xfe", b"[]", b'{"memories": "canary"}'):
        inside.hset(name, field, rubbish)
        assert texts(cached.recall(tenant, "tea", 10)) == ["tea"]
    assert "canary" not in caplog.text


def test_without_redis_installed_there_is_one_line_and_no_cache(database, monkeypatch, caplog):
    real_import = builtins.__import__

    def without_redis(name, *arguments, **options):
        if name.split(".")[0] == "redis":
            raise ImportError(name)
        return real_import(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_redis)
    assert (
        connect_cache(Settings(database.path, redis_url="redis://canary", cache_enabled=True), database)
        is None
    )
    assert len(caplog.records) == 1
    assert "canary" not in caplog.text


def test_no_url_or_a_switched_off_cache_is_no_cache(database):
    assert connect_cache(Settings(database.path), database) is None
    assert (
        connect_cache(Settings(database.path, redis_url="redis://x", cache_enabled=False), database) is None
    )


@pytest.mark.parametrize("url", ["redis://canary:99999999999/x?db=canary", "redis://h/0?canary=1"])
def test_a_url_that_the_client_refuses_is_named_and_not_repeated(database, url):
    with pytest.raises(SettingsError, match=r"^REDIS_URL must") as caught:
        connect_cache(Settings(database.path, redis_url=url, cache_enabled=True), database)
    assert "canary" not in str(caught.value)


def test_a_tenant_of_many_questions_does_not_fill_redis(cache, tenant, inside, monkeypatch):
    from continuum.cache import recall

    monkeypatch.setattr(recall, "MAX_ANSWERS", 10)
    assert isinstance(cache, RecallCache)
    for number in range(35):
        ask(cache, tenant, f"question {number}")
    (name,) = inside.keys()
    assert inside.hlen(name) <= 10
    assert inside.ttl(name) > 0


def test_lifetimes_differ_so_that_not_all_is_missed_at_once(cache, make_tenant, inside):
    for number in range(30):
        ask(cache, make_tenant(f"t{number}"), "question")
    lifetimes = [inside.ttl(name) for name in inside.keys()]  # noqa: SIM118 - a Redis client is no dict
    assert min(lifetimes) >= LIFETIME_SECONDS * (1 - JITTER) - 2
    assert max(lifetimes) <= LIFETIME_SECONDS
    assert len(set(lifetimes)) > 5


def test_many_who_miss_the_same_at_once_ask_the_database_once(cache, tenant):
    asked, together = [], threading.Barrier(8)

    def work():
        asked.append(1)
        deadline = time.monotonic() + 5
        while cache.misses < 8 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        return Recalled([], 3, 0)

    def ask_together():
        together.wait()
        return cache.read_through(tenant, 1, "tea", 10, work)

    with ThreadPoolExecutor(8) as pool:
        answers = [future.result() for future in [pool.submit(ask_together) for _ in range(8)]]
    assert {answer.concepts_found for answer in answers} == {3}
    assert len(asked) == 1


def test_what_could_not_be_deleted_is_deleted_when_redis_answers_again(cached, cache, tenant, held):
    learned = cached.learn(tenant, Turn("canary tea"))
    cached.recall(tenant, "tea", 10)
    cache.breaker._open_until = float("inf")
    cached.forget(tenant, learned.memory_ids[0])
    assert b"canary" in held()
    cache.breaker._open_until = 0.0
    cached.recall(tenant, "other", 10)
    assert b"canary" not in held()


def test_many_debts_are_paid_some_at_a_time_and_none_is_dropped(cache, tenant, inside):
    others = [Tenant(number, "x") for number in range(1000, 1250)]
    cache.breaker._open_until = float("inf")
    for other in others:
        cache.forget(other)
    cache.breaker._open_until = 0.0
    paid = []
    for number in range(3):
        ask(cache, tenant, f"question {number}")
        paid.append(sum(inside.hexists(cache._hash(other), "seal") for other in others))
    assert paid[0] < paid[1] == 250 == paid[2]


def test_a_very_long_answer_is_not_kept(cache, tenant, held, cached):
    cached.learn(tenant, *[Turn(f"tea {number} " + "x" * 60_000) for number in range(6)])
    assert len(cached.recall(tenant, "tea", 3).memories) == 3
    short = len(held())
    assert len(cached.recall(tenant, "tea", 6).memories) == 6
    assert len(held()) == short > 180_000


@pytest.mark.parametrize("option", ["decode_responses=true", "socket_timeout=60", "retry_on_timeout=true"])
def test_an_option_of_the_url_changes_neither_answers_nor_patience(option):
    from continuum.cache.client import SOCKET_SECONDS, make_client

    kwargs = make_client(f"redis://127.0.0.1:1/0?{option}").connection_pool.connection_kwargs
    assert (kwargs["socket_timeout"], kwargs["decode_responses"]) == (SOCKET_SECONDS, False)
    assert not kwargs["retry_on_timeout"]


LEARNER = """
import sys
from continuum.core.memory import Memory
from continuum.core.records import Turn
memory = Memory()
for line in sys.stdin:
    memory.learn("acme", Turn(line.strip()))
    print("done", flush=True)
"""


@both_databases
@pytest.mark.usefixtures("patient")
def test_what_another_process_has_acknowledged_is_recalled_at_once(place, database, tenant, valkey):
    url = f"sqlite:///{place}" if isinstance(place, Path) else place.url
    told = {"DATABASE_URL": url, "REDIS_URL": valkey.url, "CONTINUUM_CACHE_ENABLED": "true"}
    cache = connect_cache(Settings.from_environ(told), database)
    engine = MemoryEngine(database, cache)
    other = subprocess.Popen(
        [sys.executable, "-c", LEARNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=dict(os.environ) | told,
    )  # fmt: skip
    try:
        for number in range(30):
            for _ in range(2):  # the second time from the cache
                assert len(engine.recall(tenant, "tea", 100).memories) == 2 * number
            other.stdin.write(f"tea {number}\n")
            other.stdin.flush()
            assert other.stdout.readline() == "done\n"
            assert len(engine.recall(tenant, "tea", 100).memories) == 2 * number + 1
            engine.learn(tenant, Turn(f"own tea {number}"))
        assert cache.hits >= 25
    finally:
        other.stdin.close()
        other.wait(10)
        other.stdout.close()
        cache.close()


def test_the_cache_is_used_on_postgresql_and_not_on_sqlite_unless_it_is_said(tmp_path):
    redis_url, postgres = "redis://x", database_address("postgresql://h/d")
    assert Settings(postgres, redis_url=redis_url).caches_recall
    assert not Settings(tmp_path, redis_url=redis_url).caches_recall
    assert Settings(tmp_path, redis_url=redis_url, cache_enabled=True).caches_recall
    assert not Settings(postgres, redis_url=redis_url, cache_enabled=False).caches_recall
    assert not Settings(postgres).caches_recall
