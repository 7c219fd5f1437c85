import logging
import time

import pytest
import redis

from continuum.core.errors import SettingsError
from continuum.core.settings import Settings
from continuum.limits.buckets import LocalBuckets
from continuum.limits.connect import open_limiter
from continuum.limits.shared import SharedBuckets


@pytest.fixture
def open_shared(database, valkey, monkeypatch):
    # Time enough for a server on a busy machine: what is tested is not how soon it is given up.
    monkeypatch.setattr("continuum.cache.client.SOCKET_SECONDS", 5.0)

    def make(**settings):
        return open_limiter(Settings(database.path, redis_url=valkey.url, **settings), database)

    return make


def test_two_processes_share_one_bucket(open_shared):
    with open_shared(rate_limit=60, rate_burst=5) as one, open_shared(rate_limit=60, rate_burst=5) as other:
        assert isinstance(one, SharedBuckets)
        assert [limiter.take("a") for limiter in (one, other, one, other, one)] == [0] * 5
        assert 0 < other.take("a") <= 1
        assert one.take("b") == 0


def test_the_bucket_fills_by_the_servers_clock(open_shared):
    with open_shared(rate_limit=6000, rate_burst=1) as limiter:
        assert limiter.take("a") == 0
        wait = limiter.take("a")
        assert 0 < wait <= 0.01
        time.sleep(wait)
        assert limiter.take("a") == 0


def test_what_is_kept_names_nobody_and_goes_once_it_is_full(open_shared, valkey):
    with open_shared(rate_limit=600, rate_burst=10) as limiter:
        limiter.take("canary")
    with redis.Redis.from_url(valkey.url) as inside:
        (name,) = inside.keys()
        assert b"canary" not in name
        assert 0 < inside.pttl(name) <= 2000


def test_without_an_answer_each_process_counts_for_itself(open_shared, valkey, caplog):
    with open_shared(rate_limit=60, rate_burst=2) as limiter:
        assert limiter.take("a") == 0
        valkey.kill()
        begin = time.perf_counter()
        with caplog.at_level(logging.INFO):
            assert [limiter.take("a") > 0 for _ in range(40)] == [False] * 2 + [True] * 38
        assert time.perf_counter() - begin < 2
        assert limiter.breaker.is_open
    assert [record.getMessage() for record in caplog.records] == [
        "shared rate limit bypassed 1 times, last because of ConnectionError"
    ]


def test_rubbish_in_redis_is_no_error(open_shared, valkey):
    with open_shared(rate_limit=60, rate_burst=2) as limiter, redis.Redis.from_url(valkey.url) as inside:
        limiter.take("a")
        (name,) = inside.keys()
        inside.hset(name, mapping={"tokens": "canary", "at": "x"})
        assert limiter.take("a") == 0
        inside.delete(name)
        inside.set(name, "canary")
        assert limiter.take("a") == 0


def test_without_redis_the_process_counts_and_with_zero_nobody_does(database):
    with open_limiter(Settings(database.path, rate_limit=60), database) as limiter:
        assert isinstance(limiter, LocalBuckets)
        assert sum(limiter.take("a") == 0 for _ in range(20)) == 10
    with open_limiter(Settings(database.path, rate_limit=0), database) as limiter:
        assert limiter is None


def test_a_url_that_the_client_refuses_is_named_and_not_repeated(database):
    bad = Settings(database.path, redis_url="redis://canary:99999999999/x?db=canary")
    with pytest.raises(SettingsError, match=r"^REDIS_URL must") as caught, open_limiter(bad, database):
        pass
    assert "canary" not in str(caught.value)
