"""What becomes of memories that two instances share: merged, superseded, forgotten, kept private."""

import json
import time

import pytest
import sqlalchemy as sa

from continuum.core.errors import TenantNotFound
from continuum.core.records import Filters, Note
from continuum.federation.errors import BatchRefused, ClocksApart, IdentityShared
from continuum.federation.forgetting import tell_forgotten
from continuum.federation.giving import prepare
from continuum.federation.taking import take
from continuum.storage.peers import acknowledgements, forgetting_of, forgotten_by_few
from continuum.storage.registry import operations
from continuum.storage.sessions import mark_private
from continuum.storage.tables import repeats
from continuum.storage.tenants import find_tenant
from continuum.storage.verification import verify


def learn(instance, text, session=None, **options):
    return instance.engine.learn(instance.tenant, Note(text, session=session, **options)).memory_ids[0]


def recalled(instance, question):
    return [memory.text for memory in instance.engine.recall(instance.tenant, question, 10).memories]


def batch_of(one):
    batch, _ = prepare(one.database, one.tenant, 0, {})
    return batch


def agree(one, other):
    one.exchange(other)
    assert one.content() == other.content()
    assert [list(verify(each.database)) for each in (one, other)] == [[], []]
    return one.content()


@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_what_is_said_on_one_is_found_on_the_other_with_all_that_belongs_to_it(make_instances, place):
    one, other = make_instances(2, place)
    ident = learn(one, "Maya moved to Lisbon", "s", importance=0.9, metadata={"a": ["b"]})
    later = learn(other, "Maya lives in Porto now")
    learn(other, "Maya moved to Lisbon", "elsewhere")
    (same,) = {memory for memory, said in agree(one, other).items() if said["text"] == "Maya moved to Lisbon"}
    # Both knew it by an id of their own: the older one stays, and the younger still finds it.
    assert same == ident
    assert [len(memory["repeats"]) for memory in one.content().values()] in ([1, 0], [0, 1])
    assert one.content()[ident]["importance"] == 0.9
    assert set(recalled(one, "where does Maya live")) == set(recalled(other, "where does Maya live")) != set()
    assert other.engine.stats(other.tenant).concepts == one.engine.stats(one.tenant).concepts > 0
    other.engine.supersede(other.tenant, ident, later)
    agree(one, other)
    assert recalled(one, "Maya") == recalled(other, "Maya") == ["Maya lives in Porto now"]
    # What comes after what was heard is later, whatever the clocks of the machines say.
    learn(one, "Maya moved to Lisbon")
    agree(one, other)
    assert set(recalled(other, "Maya")) == {"Maya lives in Porto now", "Maya moved to Lisbon"}


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_an_id_of_either_instance_names_the_memory_of_both(make_instances, place):
    other, one = make_instances(2, place)
    first, second = learn(one, "tea"), learn(other, "tea")
    agree(one, other)
    for instance in (one, other):
        assert list(instance.content()) == [first]
    other.engine.supersede(other.tenant, second, learn(other, "coffee"))
    assert agree(one, other)[first]["superseded_by"] is not None
    receipt = other.engine.forget(other.tenant, second)
    assert receipt.counts == {"memories": 1, "repeats": 1}
    assert agree(one, other).keys() == {*one.content()} - {first, second}
    assert one.texts() == {"coffee"}


def test_two_that_supersede_each_other_at_once_leave_one_current(pair):
    one, other = pair
    first, second = learn(one, "tea is best"), learn(one, "coffee is best")
    agree(one, other)
    one.engine.supersede(one.tenant, first, second)
    other.engine.supersede(other.tenant, second, first)
    agree(one, other)
    assert len(recalled(one, "best")) == len(recalled(other, "best")) == 1
    # And when one of them is said again, what that did to the other is worked out anew.
    learn(one, recalled(one, "best")[0])
    agree(one, other)
    assert recalled(one, "best") == recalled(other, "best") != []


def test_what_one_forgets_is_gone_everywhere_and_the_receipt_says_when(pair):
    one, other = pair
    ident = learn(one, "Ottokar gambles again", "s")
    learn(one, "and tea")
    agree(one, other)
    learn(other, "Ottokar gambles again", "meanwhile")  # unknown to who forgets: the tombstone wins
    receipt = one.engine.forget(one.tenant, ident)

    def told():
        with one.database.read(one.tenant) as connection:
            return acknowledgements(connection, one.tenant, receipt.id)

    assert told() == {other.key_id: False}
    other.exchange(one)
    assert other.texts() == {"and tea"}
    assert recalled(other, "Ottokar") == []
    assert told() == {
        other.key_id: False
    }  # it has fetched it; that it has kept it, it says with its next question
    other.exchange(one)
    assert told() == {other.key_id: True}
    agree(one, other)
    assert b"Ottokar" not in b"".join(file.read_bytes() for file in other.database.path.parent.glob("*.db*"))
    # What is said again after all of this is new.
    learn(one, "Ottokar gambles again")
    assert "Ottokar gambles again" in {memory["text"] for memory in agree(one, other).values()}


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_a_forgotten_session_takes_along_what_was_said_in_it_alone(make_instances, place):
    other, one = make_instances(2, place)
    learn(one, "only here", "gone")
    learn(one, "in both", "gone", metadata={"first": 1})
    learn(one, "in both", "stays", metadata={"second": 2})
    learn(other, "in both", "gone", metadata={"third": 3})
    agree(one, other)
    learn(other, "said there meanwhile", "gone")
    learn(other, "only here", "another", metadata={"fourth": 4})
    one.engine.forget_session(one.tenant, "gone")
    content = agree(one, other)
    assert {memory["text"]: memory["metadata"] for memory in content.values()} == {
        "in both": {"second": 2}, "said there meanwhile": {}, "only here": {"fourth": 4},
    }  # fmt: skip
    assert not any(memory["repeats"] for memory in content.values())


def test_private_sessions_embeddings_and_usage_stay_at_home(pair):
    one, other = pair
    with one.database.write(one.tenant) as connection:
        mark_private(connection, one.tenant, "diary", is_private=True)
    secret = learn(one, "my secret about Roswitha", "diary")
    shared = learn(one, "Roswitha likes tea", "open")
    learn(one, "Roswitha likes tea", "diary")
    one.engine.supersede(one.tenant, secret, shared)
    told = json.dumps([str(change) + str(change.said) for change in batch_of(one).changes])
    assert secret not in told
    assert "diary" not in told
    one.exchange(other)
    assert other.texts() == {"Roswitha likes tea"}
    assert [memory["repeats"] for memory in other.content().values()] == [[]]
    assert other.engine.search(other.tenant, Filters(session="diary")).memories == []
    # A place in the log is all that the other knows of it, and passes on.
    with other.database.read(other.tenant) as connection:
        kinds = connection.scalars(sa.select(operations.c.kind).order_by(operations.c.sequence)).all()
    assert kinds == ["withheld", "learn", "withheld", "withheld"]
    assert one.texts() == {"Roswitha likes tea", "my secret about Roswitha"}


def test_what_is_taken_back_goes_also_where_the_memory_has_another_id(make_instances):
    one, other, third = make_instances(3)
    ident = learn(one, "tea", "first")
    third.exchange(one)
    learn(other, "tea", "gone")
    learn(other, "tea", "stays")
    one.exchange(other, push=False)
    # For the one it is a saying of the older id, which the third forgets, and the other never had.
    one.engine.forget_session(one.tenant, "gone")
    third.engine.forget(third.tenant, ident)
    other.exchange(third)
    agree(one, other)
    (memory,) = agree(third, other).values()
    assert (memory["session"], memory["repeats"]) == ("stays", [])


def test_an_erased_tenant_is_erased_at_its_peers(make_instances):
    one, other, third = make_instances(3, served=True)
    learn(one, "tea")
    one.exchange(other)
    one.exchange(third)
    receipt = one.engine.forget_tenant(one.tenant)
    # The other asks with a key that is gone, and is told so: it isn't just an unknown key.
    assert other.exchange(one).forgotten
    assert tell_forgotten(one.database, one.sync, one.identity) == (1, [])
    for instance in (other, third):
        with pytest.raises(TenantNotFound), instance.database.read() as connection:
            find_tenant(connection, instance.tenant.public_id)
        assert b"tea" not in instance.database.path.read_bytes()
        # They tell their own peers, who know.
        _, errors = tell_forgotten(instance.database, instance.sync, instance.identity)
        with instance.database.read() as connection:
            assert (errors, forgotten_by_few(connection)) == ([], [])
    with one.database.read() as connection:
        assert forgetting_of(connection, receipt.id) == {other.key_id: True, third.key_id: True}
    assert list((one.sync.directory / "peers").glob(f"*{third.key_id}*")) == []


def test_a_batch_is_taken_as_a_whole_or_not_at_all(pair):
    one, other = pair
    for number in range(4):
        learn(one, f"tea {number}")
    batch = batch_of(one)
    for torn in (batch.changes[1:], [*batch.changes[:2], batch.changes[3]]):
        with pytest.raises(BatchRefused, match="missing"):
            take(other.services, other.tenant, other.peer(one), replaced(batch, torn))
        assert other.texts() == set()
    taken = take(other.services, other.tenant, other.peer(one), batch)
    again = take(other.services, other.tenant, other.peer(one), batch)
    assert ((taken.entered, taken.known), (again.entered, again.known)) == ((4, 0), (0, 4))
    assert other.engine.stats(other.tenant).repeats == 0


def replaced(batch, changes):
    return type(batch)(batch.instance, batch.known, changes)


def test_operations_from_the_future_and_of_oneself_are_refused(pair):
    one, other = pair
    learn(one, "tea")
    (change,) = batch_of(one).changes
    ahead = int((time.time() + 7200) * 1000) << 16
    late = type(change)(change.origin, 1, "learn", ahead, change.memory_id, None, change.said)
    mine = type(change)(
        other.database.instance_id, 1, "learn", change.clock, change.memory_id, None, change.said
    )
    for wrong, error in ((late, ClocksApart), (mine, IdentityShared)):
        with pytest.raises(error):
            take(other.services, other.tenant, other.peer(one), replaced(batch_of(one), [wrong]))
    assert other.texts() == set()


def test_one_id_for_two_texts_is_counted_and_keeps_nothing_else_back(pair):
    one, other = pair
    ident = learn(one, "tea")
    line = next(iter(one.engine.export(one.tenant)))
    other.engine.import_lines(other.tenant, [line.replace('"tea"', '"coffee"')])
    learn(one, "water")
    assert other.exchange(one, push=False).taken.refused == 1
    assert other.texts() == {"coffee", "water"}
    assert other.content()[ident]["text"] == "coffee"


def test_repeats_from_before_repeats_were_entered_are_shared_too(make_instances):
    one, other, third = make_instances(3)
    old, new = learn(one, "tea", importance=0.8), learn(one, "more tea")
    learn(one, "tea", "s")
    one.engine.supersede(one.tenant, old, new)
    with one.database.write(one.tenant) as connection:
        connection.execute(sa.update(repeats).values(origin_sequence=0))
    one.pin(other)  # an older version's repeats get their places when a peer is pinned
    content = agree(one, other)
    assert len(content[old]["repeats"]) == 1
    assert content[old]["superseded_by"] == new
    assert agree(third, other) == content


def test_a_peer_that_was_put_back_from_an_older_copy_gets_everything_again(pair):
    one, other = pair
    learn(one, "tea")
    one.exchange(other)
    with other.database.write(other.tenant) as connection:
        connection.exec_driver_sql("DELETE FROM memories")
        connection.exec_driver_sql("DELETE FROM operations")
        connection.exec_driver_sql(f"DELETE FROM memory_fts_{other.tenant.number}")
    assert other.texts() == set()
    agree(one, other)
    assert other.texts() == {"tea"}
