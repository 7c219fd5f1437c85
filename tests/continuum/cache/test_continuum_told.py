"""What Sentry hears of a cache that fails: seldom, under the failure's own type, and nothing of what it held."""

import telemetry
from continuum.cache.connect import connect_cache
from continuum.cache.told import REPORT_SECONDS, Told
from continuum.core.records import Recalled
from continuum.core.settings import Settings

pytest_plugins = ["telemetry.testing"]


def test_a_cache_that_goes_on_failing_is_one_event_a_minute(wire):
    wire.setup()
    moments = [0.0, 1.0, REPORT_SECONDS - 1, REPORT_SECONDS, REPORT_SECONDS + 1]
    told = Told(iter(moments).__next__)
    for _ in moments:
        try:
            raise ConnectionRefusedError
        except ConnectionRefusedError as error:
            told.failure(error)
    wire.flush()
    assert [event["exception"]["values"][0]["type"] for event in wire.errors()] == [
        "ConnectionRefusedError"
    ] * 2


def test_an_answer_that_can_not_be_read_is_a_cache_error_without_the_answer(
    wire, monkeypatch, valkey, database, tenant
):
    monkeypatch.setattr("continuum.cache.client.SOCKET_SECONDS", 5.0)
    cache = connect_cache(Settings(database.path, redis_url=valkey.url, cache_enabled=True), database)
    held = wire.canaries("memory")
    name, field = cache._hash(tenant), cache._field(1, "question", 10)
    cache._client.hset(name, field, cache._owner(tenant) + f' {{"memories": "{held}"}}'.encode())
    wire.setup()
    with telemetry.operation("memory.recall"):
        cache.read_through(tenant, 1, "question", 10, lambda: Recalled([], 0, 0))
    wire.flush()
    cache.close()
    (event,) = wire.errors()
    assert [value["type"] for value in event["exception"]["values"]] == ["CacheError"]
    assert event["level"] == "warning"
    assert cache.breaker.bypasses == 1
    wire.assert_clean()
