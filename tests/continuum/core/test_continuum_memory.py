from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from real_postgres import both_databases
from sqlalchemy.exc import OperationalError, ProgrammingError

from continuum.core.errors import InvalidText, LearnError, MemoryNotFound, RecallError
from continuum.core.records import Turn
from continuum.storage.database import open_database

pytestmark = both_databases


def texts(recalled):
    return [memory.text for memory in recalled.memories]


def test_both_sides_of_a_turn_are_recalled_with_provenance(engine, tenant):
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    turn = Turn("Maya moved to Lisbon.", "Lisbon is lovely, Maya.", "s-1", moment, {"channel": "chat"})
    learned = engine.learn(tenant, turn)
    recalled = engine.recall(tenant, "Where did Maya move?", 10)
    assert {memory.id for memory in recalled.memories} == set(learned.memory_ids)
    best = recalled.memories[0]
    assert (best.text, best.role, best.score, best.session) == ("Maya moved to Lisbon.", "user", 1.0, "s-1")
    assert (best.occurred_at, best.metadata) == (moment, {"channel": "chat"})
    assert best.matched_concepts == ["Maya"]
    assert best.created_at.tzinfo is not None


def test_words_are_found_in_other_forms(engine, tenant):
    engine.learn(tenant, Turn("She was running marathons."))
    assert texts(engine.recall(tenant, "runs a marathon", 10)) == ["She was running marathons."]


def test_the_better_match_comes_first_and_the_limit_holds(engine, tenant):
    for number in range(20):
        engine.learn(tenant, Turn(f"note {number} about gardening"))
    engine.learn(tenant, Turn("tomato gardening in the greenhouse"))
    recalled = engine.recall(tenant, "tomato greenhouse gardening", 5)
    assert len(recalled.memories) == 5
    assert recalled.memories[0].text == "tomato gardening in the greenhouse"
    scores = [memory.score for memory in recalled.memories]
    assert scores == sorted(scores, reverse=True)


def test_nothing_learned_gives_nothing_and_is_no_error(engine, tenant):
    assert engine.recall(tenant, "anything", 10).memories == []
    assert engine.recall(tenant, "?!", 10).memories == []


@pytest.mark.parametrize(
    "question",
    ['" OR NEAR( *', "text:tea", "tea*", "NOT tea", "'; DROP TABLE memories; --", "tea AND (", "^tea", "%"],
)
def test_a_question_shaped_like_an_injection_is_only_words(engine, tenant, question):
    engine.learn(tenant, Turn("green tea"))
    assert texts(engine.recall(tenant, question, 10)) in ([], ["green tea"])
    assert engine.stats(tenant).memories == 1


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Zoë trinkt Kaffee in Köln", "koln kaffee"),
        ("Москва зимой", "москва"),
        ("東京 タワー", "東京"),
        ("I 🦊 foxes", "foxes 🦊"),
    ],
)
def test_text_of_any_script_is_learned_and_found(engine, tenant, text, question):
    engine.learn(tenant, Turn(text))
    assert texts(engine.recall(tenant, question, 10)) == [text]


def test_learning_again_keeps_the_memory_and_notes_the_repeat(engine, tenant):
    first = engine.learn(tenant, Turn("Tea at five.", "Noted.", "s-1"))
    again = engine.learn(tenant, Turn("Tea at five.", "Noted.", "s-2"))
    assert again.memory_ids == first.memory_ids
    assert (first.duplicates, again.duplicates) == (0, 2)
    stats = engine.stats(tenant)
    assert (stats.memories, stats.repeats) == (2, 2)
    # The answer is found by what it answers.
    assert texts(engine.recall(tenant, "tea", 10)) == ["Tea at five.", "Noted."]


def test_one_text_in_two_roles_is_two_memories(engine, tenant):
    assert engine.learn(tenant, Turn("same", "same")).duplicates == 0
    assert engine.stats(tenant).memories == 2


def test_eight_threads_learning_at_once_lose_nothing(engine, make_tenant):
    tenants = [make_tenant("one"), make_tenant("two")]

    def learn(worker):
        for number in range(15):
            engine.learn(
                tenants[worker % 2], Turn(f"worker {worker} wrote {number}", f"answer {worker} {number}")
            )
            engine.learn(tenants[worker % 2], Turn("what everybody says"))
            engine.recall(tenants[worker % 2], f"wrote {number}", 3)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(learn, range(8)))
    for tenant in tenants:
        stats = engine.stats(tenant)
        assert stats.memories == 4 * 15 * 2 + 1
        assert stats.repeats == 4 * 15 - 1
        assert len(engine.recall(tenant, "wrote", 100).memories) == 60


def test_two_tenants_never_see_each_other(engine, make_tenant):
    one, two = make_tenant("one"), make_tenant("two")
    mine = engine.learn(one, Turn("The vault code is in Zanzibar.", "We will keep Zanzibar secret."))
    engine.learn(two, Turn("The vault is empty."))
    assert texts(engine.recall(two, "vault code Zanzibar", 100)) == ["The vault is empty."]
    assert [entity.name for entity in engine.entities(two, limit=100, offset=0)[0]] == []
    assert engine.stats(two).memories == 1
    with pytest.raises(MemoryNotFound):
        engine.forget(two, mine.memory_ids[0])
    assert len(engine.recall(one, "vault Zanzibar", 100).memories) == 2


def test_another_tenants_texts_do_not_change_a_ranking(engine, make_tenant):
    one, two = make_tenant("one"), make_tenant("two")
    for text in ("tea and cake", "tea and coffee with milk", "coffee"):
        engine.learn(one, Turn(text))
    before = [memory.score for memory in engine.recall(one, "tea coffee", 10).memories]
    for number in range(50):
        engine.learn(two, Turn(f"coffee {number}"))
    assert [memory.score for memory in engine.recall(one, "tea coffee", 10).memories] == before


def test_a_forgotten_memory_is_gone_from_every_place(engine, tenant, database):
    kept = engine.learn(tenant, Turn("Maya likes tea."))
    gone = engine.learn(tenant, Turn("Maya hides quokkas in Ljubljana."))
    engine.learn(tenant, Turn("Maya hides quokkas in Ljubljana."))
    engine.forget(tenant, gone.memory_ids[0])
    assert [
        memory.id for memory in engine.recall(tenant, "Maya quokkas Ljubljana", 10).memories
    ] == kept.memory_ids
    assert [entity.name for entity in engine.entities(tenant, limit=10, offset=0)[0]] == ["Maya"]
    assert (engine.stats(tenant).links, engine.stats(tenant).repeats) == (0, 0)
    with pytest.raises(MemoryNotFound):
        engine.forget(tenant, gone.memory_ids[0])
    if isinstance(database.place, Path):
        # The files, not the one file: forgotten is forgotten while the service runs.
        content = b"".join(path.read_bytes().lower() for path in database.path.parent.glob("continuum.db*"))
        assert b"maya likes tea" in content
        assert b"quokka" not in content
        assert b"ljubljana" not in content


def test_a_failed_transaction_stores_nothing_and_names_its_cause(engine, tenant, alter):
    alter("ALTER TABLE concept_links RENAME TO elsewhere")
    with pytest.raises(LearnError, match=r"^the turn could not be stored$") as caught:
        engine.learn(tenant, Turn("Canary in Lisbon, Portugal."))
    assert caught.value.__cause__ is not None
    assert "Canary" not in str(caught.value.__cause__)
    alter("ALTER TABLE elsewhere RENAME TO concept_links")
    assert engine.stats(tenant).memories == 0
    assert engine.recall(tenant, "canary", 10).memories == []


def test_a_database_that_cannot_be_read_is_a_recall_error(engine, tenant, alter):
    engine.learn(tenant, Turn("tea"))
    alter("ALTER TABLE concept_links RENAME TO elsewhere")
    with pytest.raises(RecallError) as caught:
        engine.recall(tenant, "tea", 10)
    assert isinstance(caught.value.__cause__, OperationalError | ProgrammingError)


@pytest.mark.parametrize("text", ["", "a\0b", "a\ud800b", "x" * 70_000])
def test_a_text_that_cannot_be_stored_is_refused(engine, tenant, text):
    with pytest.raises(InvalidText):
        engine.learn(tenant, Turn(text))
    with pytest.raises(InvalidText):
        engine.recall(tenant, text, 10)


def test_memories_survive_closing_and_opening(engine, tenant, database):
    from continuum.core.engine import MemoryEngine

    engine.learn(tenant, Turn("tea"))
    database.close()
    again = open_database(database.place)
    assert texts(MemoryEngine(again).recall(tenant, "tea", 10)) == ["tea"]
    again.close()


def test_records_show_no_content_in_their_repr(engine, tenant):
    turn = Turn("canary one", "canary two", "canary", None, {"canary": "canary"})
    engine.learn(tenant, turn)
    assert "canary" not in repr(turn) + repr(engine.recall(tenant, "canary", 10))
