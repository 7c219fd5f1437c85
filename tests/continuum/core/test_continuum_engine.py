"""The engine's verbs beyond learning a turn and recalling it, on both databases."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from real_postgres import both_databases

from continuum.core.engine import MemoryEngine
from continuum.core.errors import (
    BatchTooLarge,
    IdempotencyConflict,
    InvalidFilter,
    InvalidProvenance,
    InvalidSuccession,
    InvalidText,
    LearnError,
    MemoryNotFound,
    TenantNotFound,
)
from continuum.core.records import Filters, Note, Turn
from continuum.storage.columns import metadata
from continuum.storage.database import open_database
from continuum.storage.index import index_of
from continuum.storage.registry import operations
from continuum.storage.tables import memories
from continuum.storage.tenants import list_tenants

pytestmark = both_databases


@pytest.fixture
def log(database):
    def read(tenant):
        with database.read(tenant) as connection:
            query = sa.select(operations).where(operations.c.tenant_number == tenant.number)
            return connection.execute(query.order_by(operations.c.number)).all()

    return read


@pytest.fixture
def index_agrees(database):
    """Whether the index holds the current memories and nothing else."""

    def compare(tenant):
        current = sa.select(memories.c.number).where(
            memories.c.tenant_number == tenant.number, memories.c.superseded_by.is_(None)
        )
        with database.read(tenant) as connection:
            return index_of(connection).numbers(connection, tenant) == set(connection.scalars(current))

    return compare


def texts(answer):
    return [memory.text for memory in answer.memories]


def test_a_batch_is_learned_in_order_with_the_repeats_in_it(engine, tenant, log, index_agrees):
    items = [Note(f"note {number} of Maya") for number in range(450)]
    learned = engine.learn(
        tenant, *items, Turn("note 3 of Maya", "noted"), items[7], *[Note("Note 8, of MAYA!")] * 2
    )
    assert len(learned.memory_ids) == 455
    assert learned.memory_ids[452] == learned.memory_ids[7]
    assert (learned.duplicates, learned.near_duplicates) == (2, 2)
    assert engine.stats(tenant).memories == 453
    assert [entry.sequence for entry in log(tenant)] == list(range(1, 456))
    clocks = [entry.clock for entry in log(tenant)]
    assert clocks == sorted(set(clocks))
    assert index_agrees(tenant)


def test_a_batch_with_one_bad_text_stores_nothing(engine, tenant, log):
    with pytest.raises(InvalidText):
        engine.learn(tenant, Note("good"), Note("bad\0"))
    with pytest.raises(BatchTooLarge):
        engine.learn(tenant, *[Note("x")] * 1001)
    assert (engine.stats(tenant).memories, log(tenant)) == (0, [])


@pytest.mark.parametrize(
    "note",
    [
        Note("x", role="canary"),
        Note("x", importance=1.1),
        Note("x", importance=float("nan")),
        Note("x", session=""),
        Note("x", session="canary\0"),
        Note("x", occurred_at=datetime(2026, 1, 1)),  # noqa: DTZ001 - what is to be refused
        Note("x", metadata={"canary": object()}),
        Note("x", metadata={"canary": ["\ud800"]}),
        Note("x", metadata={"canary": float("inf")}),
        Note("x", metadata={"canary": "x" * 9000}),
    ],
)
def test_provenance_of_another_form_is_refused_by_form_and_never_repeated(engine, tenant, note):
    with pytest.raises(InvalidProvenance) as caught:
        engine.learn(tenant, note)
    assert "canary" not in str(caught.value)
    assert engine.stats(tenant).memories == 0


def test_near_duplicates_are_marked_and_both_are_kept(engine, tenant):
    first, second = engine.learn(tenant, Note("Tea at five."), Note("tea   at FIVE!")).memory_ids
    found = {memory.id: memory.near_duplicate_of for memory in engine.search(tenant).memories}
    assert found == {first: None, second: first}
    engine.forget(tenant, first)
    assert engine.search(tenant).memories[0].near_duplicate_of is None


def test_the_same_request_with_a_key_is_answered_again_and_stored_once(engine, tenant, make_tenant):
    first = engine.learn(tenant, Turn("tea", "noted"), idempotency_key="k-1")
    assert engine.learn(tenant, Turn("tea", "noted"), idempotency_key="k-1") == first
    assert engine.stats(tenant).repeats == 0
    with pytest.raises(IdempotencyConflict):
        engine.learn(tenant, Turn("coffee"), idempotency_key="k-1")
    assert engine.learn(make_tenant("rival"), Turn("coffee"), idempotency_key="k-1").duplicates == 0
    assert engine.stats(tenant).memories == 2


def test_many_at_once_with_one_key_store_once(engine, tenant):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: engine.learn(tenant, Turn("tea"), idempotency_key="k"), range(12)))
    assert len({answer.memory_ids[0] for answer in answers}) == 1
    assert engine.stats(tenant).repeats == 0


def test_a_key_does_not_bring_back_what_was_forgotten(engine, tenant):
    learned = engine.learn(tenant, Turn("tea"), idempotency_key="k")
    engine.forget(tenant, learned.memory_ids[0])
    assert engine.learn(tenant, Turn("tea"), idempotency_key="k") == learned
    assert engine.stats(tenant).memories == 0


def test_learning_the_same_from_many_threads_loses_nothing_and_never_fails(engine, tenant, log):
    notes = [Note(f"the {number} thing that everybody says") for number in range(20)]

    def learn(worker):
        mixed = random.Random(worker).sample(notes, len(notes))
        return engine.learn(tenant, *mixed)

    with ThreadPoolExecutor(6) as pool:
        learned = list(pool.map(learn, range(6)))
    assert sum(answer.duplicates for answer in learned) == 100
    assert (engine.stats(tenant).memories, engine.stats(tenant).repeats) == (20, 100)
    assert [entry.sequence for entry in log(tenant)] == list(range(1, 121))


def test_search_pages_newest_first_and_misses_nothing(engine, tenant):
    ids = [engine.learn(tenant, Note(f"note {number}")).memory_ids[0] for number in range(25)]
    found, cursor = [], None
    while True:
        page = engine.search(tenant, limit=10, cursor=cursor)
        found += [memory.id for memory in page.memories]
        cursor = page.next_cursor
        if cursor is None:
            break
        engine.learn(tenant, Note(f"learned meanwhile {cursor}"))
    assert sorted(found) == sorted(ids)
    assert found == sorted(found, reverse=True)


def test_filters_narrow_search_and_recall_alike(engine, tenant):
    day = datetime(2026, 3, 1, tzinfo=UTC)
    engine.learn(tenant, Turn("Maya drinks tea", "Tea for Maya", "s-1", day))
    engine.learn(tenant, Turn("Ada drinks tea", None, "s-2", day + timedelta(days=2)))
    engine.learn(tenant, Note("tea is hot"))
    expected = [
        (Filters(session="s-2"), {"Ada drinks tea"}),
        (Filters(role="assistant"), {"Tea for Maya"}),
        (Filters(concept="mAyA"), {"Maya drinks tea", "Tea for Maya"}),
        (Filters(since=day, until=day + timedelta(days=2)), {"Maya drinks tea", "Tea for Maya"}),
        (Filters(since=day + timedelta(days=1), until=day + timedelta(days=3)), {"Ada drinks tea"}),
        (Filters(session="s-1", role="user"), {"Maya drinks tea"}),
        (Filters(concept="nobody"), set()),
    ]
    for filters, wanted in expected:
        assert set(texts(engine.search(tenant, filters))) == wanted
        assert set(texts(engine.search(tenant, filters, words="teas"))) == wanted
        assert set(texts(engine.recall(tenant, "tea", 10, filters))) == wanted
    assert texts(engine.search(tenant, words="hot coffee")) == ["tea is hot"]
    assert texts(engine.search(tenant, words="?!")) == []


def test_a_recall_with_filters_finds_what_is_far_behind_the_best(engine, tenant):
    engine.learn(tenant, *[Note(f"tea tea tea {number}") for number in range(50)])
    engine.learn(tenant, Note("a long sentence in which somebody mentions tea at last", session="far"))
    assert len(engine.recall(tenant, "tea", 1, Filters(session="far")).memories) == 1


@pytest.mark.parametrize("cursor", ["", "canary", "1", "' OR 1=1 --", "0" * 32])
def test_a_made_up_cursor_is_refused(engine, tenant, cursor):
    with pytest.raises(InvalidFilter) as caught:
        engine.search(tenant, cursor=cursor)
    assert "canary" not in str(caught.value)


def test_a_superseded_memory_is_listed_but_no_longer_recalled(engine, tenant, log, index_agrees):
    old, new = engine.learn(tenant, Note("Maya lives in Berlin"), Note("Maya lives in Lisbon")).memory_ids
    engine.supersede(tenant, old, new)
    engine.supersede(tenant, old, new)
    assert texts(engine.recall(tenant, "Maya lives", 10)) == ["Maya lives in Lisbon"]
    assert {memory.id: memory.superseded_by for memory in engine.search(tenant).memories} == {
        old: new,
        new: None,
    }
    assert [(entry.kind, entry.memory_id, entry.reference) for entry in log(tenant)[2:]] == [
        ("supersede", old, new)
    ]
    assert index_agrees(tenant)
    for pair in ((new, old), (new, new)):
        with pytest.raises(InvalidSuccession):
            engine.supersede(tenant, *pair)
    with pytest.raises(MemoryNotFound):
        engine.supersede(tenant, old, "nothing")


def test_what_was_superseded_is_current_again_when_it_is_said_again_or_its_successor_goes(
    engine, tenant, index_agrees
):
    old, new = engine.learn(tenant, Note("Maya lives in Berlin"), Note("Maya lives in Lisbon")).memory_ids
    engine.supersede(tenant, old, new)
    engine.learn(tenant, Note("Maya lives in Berlin"))
    assert len(engine.recall(tenant, "Maya", 10).memories) == 2
    engine.supersede(tenant, old, new)
    engine.forget(tenant, new)
    assert texts(engine.recall(tenant, "Maya", 10)) == ["Maya lives in Berlin"]
    assert index_agrees(tenant)


def test_forgetting_gives_a_receipt_and_leaves_a_tombstone_without_text(engine, tenant, log):
    ident = engine.learn(tenant, Turn("tea", None, "s"), idempotency_key="k").memory_ids[0]
    engine.learn(tenant, Turn("tea"))
    receipt = engine.forget(tenant, ident)
    assert (receipt.kind, receipt.counts) == ("memories", {"memories": 1, "repeats": 1})
    assert (log(tenant)[-1].kind, log(tenant)[-1].memory_id) == ("forget", ident)
    assert log(tenant)[-1].sequence == 3


def test_forgetting_a_session_keeps_what_was_said_elsewhere_too(engine, tenant, index_agrees):
    engine.learn(tenant, Turn("only here", "quokka", "gone"))
    engine.learn(tenant, Turn("said in both", None, "gone", None, {"a": 1}))
    engine.learn(tenant, Turn("said in both", None, "stays", None, {"b": 2}))
    engine.learn(tenant, Turn("first elsewhere", None, "stays"))
    engine.learn(tenant, Turn("first elsewhere", None, "gone"))
    receipt = engine.forget_session(tenant, "gone")
    assert receipt.counts == {"memories": 2, "repeats": 1, "moved": 1}
    left = {memory.text: (memory.session, memory.metadata) for memory in engine.search(tenant).memories}
    assert left == {"said in both": ("stays", {"b": 2}), "first elsewhere": ("stays", {})}
    assert engine.stats(tenant).repeats == 0
    assert engine.recall(tenant, "quokka", 10).memories == []
    assert index_agrees(tenant)
    assert engine.forget_session(tenant, "gone").counts == {"memories": 0, "repeats": 0, "moved": 0}


def test_forgetting_a_tenant_leaves_no_row_of_it_and_all_of_the_others(
    engine, make_tenant, make_key, database
):
    one, two = make_tenant("one"), make_tenant("two")
    make_key("one")
    for tenant in (one, two):
        engine.learn(tenant, Turn("Maya hides quokkas", "noted", "s"), idempotency_key="k")
        engine.learn(tenant, Turn("Maya hides quokkas"))
    receipt = engine.forget_tenant(one)
    assert receipt.counts == {"memories": 2, "repeats": 1, "keys": 1}
    for name, table in metadata.tables.items():
        if "tenant_number" in table.c:
            with database.read(one) as connection:
                query = sa.select(sa.func.count()).where(table.c.tenant_number == one.number)
                assert connection.scalar(query) == 0, name
    with database.read() as connection:
        assert [tenant for tenant, _ in list_tenants(connection)] == [two]
    assert engine.recall(two, "quokkas", 10).memories[0].text == "Maya hides quokkas"
    with pytest.raises(TenantNotFound):
        engine.learn(one, Turn("tea"))
    assert engine.recall(one, "quokkas", 10).memories == []


def test_a_tenant_that_is_made_again_is_another_one(engine, make_tenant):
    engine.learn(make_tenant("acme"), Turn("tea"))
    engine.forget_tenant(make_tenant("acme"))
    again = make_tenant("acme")
    assert engine.recall(again, "tea", 10).memories == []
    assert engine.learn(again, Turn("tea")).duplicates == 0


def test_a_refusal_of_the_database_is_a_domain_error_and_stores_nothing(engine, tenant, alter, log):
    alter("ALTER TABLE operations RENAME TO elsewhere")
    with pytest.raises(LearnError) as caught:
        engine.learn(tenant, Note("canary"))
    assert "canary" not in str(caught.value) + str(caught.value.__cause__)
    alter("ALTER TABLE elsewhere RENAME TO operations")
    assert (engine.stats(tenant).memories, log(tenant)) == (0, [])
    assert engine.recall(tenant, "canary", 10).memories == []


def test_a_second_process_sees_what_was_learned_at_once(engine, tenant, place):
    other = open_database(place)
    engine.learn(tenant, Turn("tea"))
    assert texts(MemoryEngine(other).recall(tenant, "tea", 10)) == ["tea"]
    MemoryEngine(other).learn(tenant, Turn("green tea"))
    assert len(engine.recall(tenant, "tea", 10).memories) == 2
    other.close()
