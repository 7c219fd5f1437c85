"""``Memory`` and ``AsyncMemory``: tenants by name, the same verbs."""

import asyncio
import inspect

import pytest
from real_postgres import both_databases

from continuum.core.async_memory import AsyncMemory
from continuum.core.errors import InvalidTenant, TenantNotFound
from continuum.core.memory import Memory
from continuum.core.records import Filters, Note, Turn
from continuum.core.settings import Settings

VERBS = {name for name in vars(Memory) if not name.startswith("_")} - {"close"}


@both_databases
def test_the_verbs_work_on_a_tenant_by_name(place):
    with Memory(Settings(place)) as memory:
        memory.make_tenant("acme")
        recalled, learned = memory.turn("acme", Turn("Maya likes tea", "noted"), idempotency_key="t")
        assert memory.turn("acme", Turn("Maya likes tea", "noted"), idempotency_key="t")[1] == learned
        assert recalled.memories == []
        assert len(learned.memory_ids) == 2
        assert memory.recall("acme", "tea").memories[0].text == "Maya likes tea"
        assert memory.recall("acme", "tea").context(10) == "[user] Maya likes tea"
        assert not memory.recall("acme", "tea").context(1)
        note = memory.learn("acme", Note("Maya likes coffee", session="s"), idempotency_key="k")
        memory.supersede("acme", learned.memory_ids[0], note.memory_ids[0])
        assert len(memory.search("acme", Filters(concept="maya")).memories) == 2
        assert memory.entities("acme")[1] == 1
        assert memory.import_lines("acme", memory.export("acme")).known == 3
        assert memory.forget_session("acme", "s").counts["memories"] == 1
        assert memory.forget("acme", learned.memory_ids[1]).counts["memories"] == 1
        assert memory.stats("acme").memories == 1
        memory.forget_tenant("acme")
        with pytest.raises(TenantNotFound):
            memory.stats("acme")
        with pytest.raises(InvalidTenant):
            memory.stats("canary\ud800\0")


def test_the_tenant_is_named_to_telemetry(place, monkeypatch):
    import telemetry

    bound = []
    monkeypatch.setattr(telemetry, "bind_tenant", bound.append)
    with Memory(Settings(place)) as memory:
        memory.make_tenant("acme")
        memory.stats("acme")
    assert bound == ["acme"]


def test_asyncio_has_the_same_verbs(place):
    async def work():
        async with AsyncMemory(Settings(place)) as memory:
            await memory.make_tenant("acme")
            await asyncio.gather(*(memory.learn("acme", Note(f"tea {n}"), Turn("tea")) for n in range(8)))
            recalled, learned = await memory.turn("acme", Turn("green tea"))
            assert len(recalled.memories) == 9
            await memory.supersede("acme", recalled.memories[0].id, learned.memory_ids[0])
            assert len((await memory.search("acme", words="green")).memories) == 1
            assert len((await memory.recall("acme", "tea", 3)).memories) == 3
            assert (await memory.entities("acme"))[1] == 0
            lines = [line async for line in memory.export("acme")]
            assert (await memory.import_lines("acme", lines)).new == 0
            await memory.forget("acme", learned.memory_ids[0])
            await memory.forget_session("acme", "none")
            assert (await memory.stats("acme")).memories == 9
            await memory.forget_tenant("acme")

    asyncio.run(work())


def test_both_apis_take_the_same_and_the_tenant_first():
    for name in VERBS:
        plain = inspect.signature(getattr(Memory, name)).parameters
        waiting = inspect.signature(getattr(AsyncMemory, name)).parameters
        assert list(plain)[:2] == ["self", "tenant"]
        assert plain["tenant"].default is inspect.Parameter.empty
        assert list(waiting) == [parameter for parameter in plain if parameter != "progress"], name


def test_an_asynchronous_one_that_was_not_opened_says_how():
    with pytest.raises(RuntimeError, match="async with AsyncMemory"):
        asyncio.run(AsyncMemory().stats("acme"))


def test_metadata_with_keys_of_several_kinds_is_the_same_request_again(place):
    with Memory(Settings(place)) as memory:
        memory.make_tenant("acme")
        turn = Turn("Maya likes tea", metadata={1: "one", "two": 2})
        first, again = (memory.learn("acme", turn, idempotency_key="t") for _ in range(2))
        assert first == again
