"""Three instances, split and joined at random, end up with the same memories."""

import json
import random
from collections import Counter, defaultdict
from contextlib import suppress

import sqlalchemy as sa

from continuum.core.errors import InvalidSuccession
from continuum.core.records import Filters, Note
from continuum.storage.registry import operations
from continuum.storage.verification import verify

OPERATIONS = 5_000
# Sessions and texts of the first kind are never forgotten: of them, nothing may be missing in the end.
LASTING, PASSING = ("kept", "open"), ("gone", "left", None)


class World:
    """Does something at random on one of the instances, and remembers what has to be there for ever."""

    def __init__(self, instances, seed):
        self.instances, self.random = instances, random.Random(seed)
        self.said = defaultdict(Counter)
        self.count = 0

    def act(self, instance):
        choice = self.random.random()
        if choice < 0.6:
            self.learn(instance)
        elif choice < 0.7:
            instance.engine.forget_session(instance.tenant, self.random.choice(PASSING[:2]))
        else:
            ids = [
                memory.id
                for session in PASSING[:2]
                for memory in instance.engine.search(
                    instance.tenant, Filters(session=session), limit=10
                ).memories
                if memory.text.startswith("passing")
            ]
            if choice < 0.85 and ids:
                instance.engine.forget(instance.tenant, self.random.choice(ids))
            elif len(ids) > 1:
                with suppress(InvalidSuccession):
                    instance.engine.supersede(instance.tenant, *self.random.sample(ids, 2))

    def learn(self, instance):
        notes = []
        for _ in range(self.random.randrange(20, 60)):
            self.count += 1
            is_lasting = self.random.random() < 0.7
            kind, sessions = ("lasting", LASTING) if is_lasting else ("passing", PASSING)
            text = f"{kind} remark {self.random.randrange(400)} about tea"
            if is_lasting:
                self.said[text][self.count] += 1
            importance = self.random.choice([0.1, 0.5, 0.9])
            session = self.random.choice(sessions)
            notes.append(Note(text, session=session, metadata={"n": self.count}, importance=importance))
        instance.engine.learn(instance.tenant, *notes)

    def meet(self):
        """A random partition: whoever is alone meets nobody."""
        one, other = self.random.sample(self.instances, 2)
        push, pull = self.random.choice([(True, True), (True, False), (False, True)])
        one.exchange(other, push=push, pull=pull)


def entered(instance):
    with instance.database.read(instance.tenant) as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(operations))


def test_three_instances_converge_with_nothing_lost_and_nothing_done_twice(make_instances):
    instances = make_instances(3, served=True)
    world = World(instances, seed=20)
    while sum(one.sequences().get(one.database.instance_id, 0) for one in instances) < OPERATIONS:
        for _ in range(world.random.randrange(1, 8)):
            world.act(world.random.choice(instances))
        world.meet()
    first, second, third = instances
    # By chance all others may have been forgotten.
    third.engine.learn(
        third.tenant, Note("an earlier remark", session="kept"), Note("a later remark", session="kept")
    )
    later, earlier = (
        memory.id
        for memory in third.engine.search(third.tenant, Filters(session="kept"), limit=100).memories
        if memory.text in {"an earlier remark", "a later remark"}
    )
    third.engine.supersede(third.tenant, earlier, later)
    # Nobody calls the second, nor does it: what is its own and the third's goes through the first.
    for _ in range(2):
        first.exchange(second)
        first.exchange(third)
    contents = [one.content() for one in instances]
    assert contents[0] == contents[1] == contents[2]
    there = defaultdict(Counter)
    for memory in contents[0].values():
        for saying in (memory, *map(json.loads, memory["repeats"])):
            there[memory["text"]][saying["metadata"].get("n")] += 1
    assert {text: told for text, told in there.items() if text.startswith("lasting")} == world.said
    # The log has each operation once, and it is the same for all.
    assert first.sequences() == second.sequences() == third.sequences()
    assert {entered(one) for one in instances} == {sum(first.sequences().values())}
    assert [list(verify(one.database)) for one in instances] == [[], [], []]
    # A succession is known to all, and all is quiet now.
    assert contents[0][earlier]["superseded_by"] == later
    done = [one.exchange(other) for one in instances for other in instances if one is not other]
    assert [(each.taken.entered, each.given) for each in done] == [(0, 0)] * 6
