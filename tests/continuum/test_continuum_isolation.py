"""Twenty tenants, a thousand random operations with forged ids, and a cache: nobody ever sees a foreign row.

``CONTINUUM_TEST_OPERATIONS=10000`` (or more) makes the run longer; the seed is the same.
"""

import os
import random
from collections import Counter

import pytest
from real_postgres import both_databases

from continuum.cache.client import make_client
from continuum.cache.recall import RecallCache
from continuum.core.engine import MemoryEngine
from continuum.core.errors import InvalidSuccession, MemoryNotFound
from continuum.core.records import Filters, Note, Turn
from continuum.storage.verification import verify

# Read when the module is imported: the fixtures take our variables away.
OPERATIONS = int(os.environ.get("CONTINUUM_TEST_OPERATIONS", "1000"))
TENANTS = 20
WORDS = ("tea", "rain", "moss", "Falcon", "Lisbon")


class World:
    """What each tenant should have, beside what the engine says; every text names its tenant."""

    def __init__(self, engine, tenants, chance):
        self.engine, self.tenants, self.chance = engine, tenants, chance
        self.own = {tenant.number: set() for tenant in tenants}
        self.learned = Counter()
        self.everything, self.foreign = ["nothing"], 0

    def mark(self, tenant):
        return f" of tenant-{tenant.number:03}"

    def see(self, tenant, memories):
        self.foreign += sum(not memory.text.endswith(self.mark(tenant)) for memory in memories)
        self.foreign += sum(memory.id not in self.own[tenant.number] for memory in memories)

    def forged(self):
        """An id of anybody, most likely of another tenant, or one that nobody has."""
        return self.chance.choice(self.everything)

    def learn(self, tenant):
        text = f"{self.chance.choice(WORDS)} {self.chance.randrange(99)}{self.mark(tenant)}"
        session = self.chance.choice([None, "s-1", "s-2"])
        item = self.chance.choice([Note(text, session=session), Turn(text, None, session)])
        # Others use the same keys for other requests: that is no conflict.
        self.learned[tenant.number] += 1
        learned = self.engine.learn(tenant, item, idempotency_key=f"key-{self.learned[tenant.number]}")
        self.own[tenant.number].update(learned.memory_ids)
        self.everything += learned.memory_ids

    def recall(self, tenant):
        filters = self.chance.choice(
            [Filters(), Filters(session="s-1"), Filters(role="user"), Filters(concept="Lisbon")]
        )
        for _ in range(2 if filters == Filters() else 1):  # the second answer comes from Redis
            recalled = self.engine.recall(tenant, " ".join(WORDS), 100, filters)
            self.see(tenant, recalled.memories)

    def search(self, tenant):
        cursor = self.chance.choice([None, self.everything[-1] if len(self.everything) > 1 else None])
        words = self.chance.choice([None, *WORDS])
        self.see(tenant, self.engine.search(tenant, words=words, cursor=cursor, limit=100).memories)

    def forget(self, tenant):
        target = self.forged()
        is_own = target in self.own[tenant.number]
        try:
            self.engine.forget(tenant, target)
        except MemoryNotFound:
            self.foreign += is_own
        else:
            self.foreign += not is_own
            self.own[tenant.number].discard(target)

    def supersede(self, tenant):
        old, new = self.forged(), self.forged()
        try:
            self.engine.supersede(tenant, old, new)
        except (MemoryNotFound, InvalidSuccession):
            return
        self.foreign += not {old, new} <= self.own[tenant.number]

    def forget_session(self, tenant):
        self.engine.forget_session(tenant, "s-2")
        self.own[tenant.number] = {memory.id for memory in self.listed(tenant)}

    def entities(self, tenant):
        found, _ = self.engine.entities(tenant, limit=500, offset=0)
        self.foreign += sum(
            "tenant-" in entity.name and self.mark(tenant)[4:] not in entity.name for entity in found
        )

    def export(self, tenant):
        lines = list(self.engine.export(tenant))
        self.foreign += sum(f'{self.mark(tenant)}"' not in line for line in lines)
        # What one exported, another imports: the ids are those of the first, and taken.
        other = self.chance.choice(self.tenants)
        renamed = [line.replace(self.mark(tenant), self.mark(other)) for line in lines[:5]]
        self.engine.import_lines(other, renamed)
        self.own[other.number] = {memory.id for memory in self.listed(other)}

    def listed(self, tenant):
        memories, cursor = [], None
        while True:
            page = self.engine.search(tenant, limit=100, cursor=cursor)
            memories += page.memories
            cursor = page.next_cursor
            if cursor is None:
                break
        self.foreign += sum(not memory.text.endswith(self.mark(tenant)) for memory in memories)
        return memories


VERBS = {
    "learn": 40, "recall": 20, "search": 20, "forget": 10, "supersede": 5, "entities": 3, "forget_session": 1,
    "export": 1,
}  # fmt: skip


@both_databases
@pytest.mark.timeout(max(120, OPERATIONS // 20))
def test_no_tenant_sees_or_changes_a_foreign_row_in_random_operations_with_forged_ids(
    database, make_tenant, valkey, monkeypatch
):
    monkeypatch.setattr("continuum.cache.client.SOCKET_SECONDS", 5.0)
    cache = RecallCache(make_client(valkey.url), database.secret("recall-cache"))
    engine = MemoryEngine(database, cache)
    chance = random.Random(20)
    tenants = [make_tenant(f"tenant-{number}") for number in range(TENANTS)]
    world = World(engine, tenants, chance)
    for verb in chance.choices(list(VERBS), weights=list(VERBS.values()), k=OPERATIONS):
        getattr(world, verb)(chance.choice(tenants))
    for tenant in tenants:
        assert {memory.id for memory in world.listed(tenant)} == world.own[tenant.number]
        assert engine.stats(tenant).memories == len(world.own[tenant.number])
    assert world.foreign == 0
    assert len(set(world.everything)) > OPERATIONS / 10
    assert list(verify(database)) == []
    assert cache.hits > OPERATIONS / 100
    cache.close()
