"""What memories are found by: their words, those said around them, and their day; on both databases."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from real_postgres import OWNER, both_databases

from continuum.core.addresses import database_address
from continuum.core.engine import MemoryEngine
from continuum.core.records import Filters, Note
from continuum.storage import schema
from continuum.storage.database import open_database
from continuum.storage.index import index_of
from continuum.storage.index.documents import with_added
from continuum.storage.postgres import create_engine
from continuum.storage.setup import set_up
from continuum.storage.tables import memories
from continuum.storage.tenants import ensure_tenant

pytestmark = both_databases
EVERYTHING = Filters()
MAY = datetime(2024, 5, 7, 12, tzinfo=UTC)


def say(engine, tenant, *said, session="s", when=None):
    return engine.learn(tenant, *(Note(text, "user", session, when) for text in said)).memory_ids


def found(engine, tenant, question, filters=EVERYTHING):
    return [memory.text for memory in engine.recall(tenant, question, 100, filters).memories]


def contents(database, tenant):
    """Each row of the index, in a form that both databases have."""
    with database.read(tenant) as connection:
        if connection.dialect.name == "postgresql":
            query = "SELECT memory_number, document::text FROM memory_search"
        else:
            query = f"SELECT rowid, * FROM memory_fts_{tenant.number}"
        return {row[0]: tuple(row[1:]) for row in connection.exec_driver_sql(query)}


def rebuild(database, tenant):
    """Write the whole index anew."""
    with database.write(tenant) as connection:
        mine = (memories.c.tenant_number == tenant.number, memories.c.superseded_by.is_(None))
        rows = connection.execute(sa.select(memories.c.number, memories.c.session).where(*mine)).all()
        index = index_of(connection)
        index.drop(connection, tenant)
        index.add(connection, tenant, {row.number: row.session for row in rows})


def test_an_answer_is_found_by_the_question_that_came_before_it(engine, tenant):
    say(engine, tenant, "Which colour for the walls?", "Pale sage.", session="one")
    say(engine, tenant, "It rained.", "Somebody called.", session="two")
    answer = engine.recall(tenant, "walls", 10).memories
    assert [memory.text for memory in answer] == ["Which colour for the walls?", "Pale sage."]
    assert answer[1].parts.lexical == 0
    assert answer[1].parts.neighbours > 0


def test_two_before_and_two_after_count_and_no_third_one(engine, tenant):
    say(engine, tenant, "alpha", "beta", "gamma", "quokka", "delta", "epsilon", "zeta")
    assert set(found(engine, tenant, "quokka")) == {"beta", "gamma", "quokka", "delta", "epsilon"}


def test_other_sessions_and_notes_without_one_are_no_neighbours(engine, tenant):
    say(engine, tenant, "quokka", session="one")
    say(engine, tenant, "alpha", session="two")
    say(engine, tenant, "wombat", "beta", session=None)
    assert found(engine, tenant, "quokka") == ["quokka"]
    assert found(engine, tenant, "wombat") == ["wombat"]


def test_a_day_is_found_by_its_date(engine, tenant):
    say(engine, tenant, "We met the surveyor", when=MAY)
    say(engine, tenant, "We met the gardener", session="t", when=datetime(2024, 6, 8, tzinfo=UTC))
    say(engine, tenant, "Unrelated", session="u", when=datetime(2023, 1, 1, tzinfo=UTC))
    best = engine.recall(tenant, "Whom did we meet in May 2024?", 10).memories[0]
    assert best.text == "We met the surveyor"
    assert best.parts.time > 0


def test_of_equal_memories_the_newest_comes_first(engine, tenant):
    say(engine, tenant, "quokka seen today", session="one", when=datetime(2024, 3, 2, tzinfo=UTC))
    say(engine, tenant, "today quokka seen", session="two", when=datetime(2024, 3, 9, tzinfo=UTC))
    say(engine, tenant, "seen quokka today", session="three", when=datetime(2024, 3, 5, tzinfo=UTC))
    assert found(engine, tenant, "quokka") == ["today quokka seen", "seen quokka today", "quokka seen today"]


def test_a_word_that_few_memories_hold_counts_more(engine, tenant):
    for number in range(12):
        say(engine, tenant, f"the garden gate number {number}", session=f"s{number}")
    say(engine, tenant, "the quokka gate", session="last")
    say(engine, tenant, "the garden garden garden", session="other")
    assert found(engine, tenant, "garden quokka")[0] == "the quokka gate"


def test_rare_is_what_few_memories_say_themselves_however_many_stand_beside_them(engine, tenant):
    for number in range(8):
        around = [f"{word} {number}" for word in ("alpha", "beta", "quokka", "delta", "epsilon")]
        say(engine, tenant, *around, session=f"s{number}")
    for number in range(20):
        say(engine, tenant, f"garden {number}", session=f"g{number}")
    best = engine.recall(tenant, "garden quokka", 8).memories
    assert {memory.text.split()[0] for memory in best} == {"quokka"}


def test_the_nearer_a_neighbour_the_more_it_counts(engine, tenant):
    say(engine, tenant, "quokka", "alpha", "beta", "gamma")
    by_distance = engine.recall(tenant, "quokka", 10).memories
    assert [memory.text for memory in by_distance] == ["quokka", "alpha", "beta"]
    assert by_distance[1].parts.neighbours > by_distance[2].parts.neighbours > 0


@pytest.mark.parametrize(
    "question", ["May", "the 7 of it", "_", "🙂", "何処 に", "ещё раз", "² ½", "a" * 60_000, "seen " * 9_000]
)
def test_whatever_is_asked_the_parts_make_up_the_score(engine, tenant, question):
    say(engine, tenant, "We met in May 🙂 何処 ещё ½", "seen 7 of it_", "alpha", when=MAY)
    for filters in (EVERYTHING, Filters(session="s")):
        for memory in engine.recall(tenant, question, 10, filters).memories:
            parts = memory.parts
            total = parts.lexical + parts.neighbours + parts.session + parts.semantic + parts.time
            assert total == pytest.approx(memory.score, abs=1e-3)
            assert min(parts.lexical, parts.neighbours, parts.time) >= 0


def test_filters_change_no_score_of_what_they_leave(engine, tenant):
    say(engine, tenant, "Which quokka was seen in May 2024?", "alpha", "That one.", when=MAY)
    one, other = (
        engine.recall(tenant, "quokka May", 10, filters).memories
        for filters in (EVERYTHING, Filters(session="s"))
    )
    assert [(each.text, each.parts) for each in one] == [(each.text, each.parts) for each in other]


def test_words_that_stand_side_by_side_in_the_question_count_more_where_they_do_in_the_text(engine, tenant):
    say(engine, tenant, "the harbour is old and the station new", session="apart")
    say(engine, tenant, "the station is old and a new harbour near", session="other")
    say(engine, tenant, "and near the new is an old harbour station", session="beside")
    for number in range(9):
        say(engine, tenant, f"filler {number}", session=f"s{number}")
    best, *others = engine.recall(tenant, "Where is the harbour station?", 3).memories
    assert best.session == "beside"
    assert best.parts.lexical > 1.05 * others[0].parts.lexical
    assert len(others) == 2


def test_search_finds_by_a_memorys_own_words_alone(engine, tenant):
    say(engine, tenant, "Which colour for the walls?", "Pale sage.")
    assert [memory.text for memory in engine.search(tenant, words="walls").memories] == [
        "Which colour for the walls?"
    ]


def test_filters_hold_for_what_the_neighbours_bring(engine, tenant):
    say(engine, tenant, "quokka", "alpha", session="one")
    say(engine, tenant, "quokka again", "beta", session="two")
    assert set(found(engine, tenant, "quokka", Filters(session="two"))) == {"quokka again", "beta"}


def test_what_is_forgotten_or_superseded_is_found_by_no_neighbour(engine, tenant, database):
    _, quokka, wombat, *_ = say(engine, tenant, "alpha", "quokka", "wombat", "beta", "gamma")
    engine.forget(tenant, quokka)
    assert found(engine, tenant, "quokka") == []
    later = say(engine, tenant, "successor", session=None)[0]
    engine.supersede(tenant, wombat, later)
    assert found(engine, tenant, "wombat") == []
    assert "quokka" not in str(contents(database, tenant))
    engine.forget(tenant, later)
    assert set(found(engine, tenant, "wombat")) == {"alpha", "wombat", "beta", "gamma"}


def test_what_moves_to_another_session_takes_no_words_of_the_forgotten_one_along(engine, tenant, database):
    say(engine, tenant, "quokka", "shared", "wombat", session="one")
    say(engine, tenant, "alpha", "shared", "beta", session="two")
    engine.forget_session(tenant, "one")
    assert found(engine, tenant, "quokka wombat") == []
    assert "quokka" not in str(contents(database, tenant))
    assert "wombat" not in str(contents(database, tenant))


def test_it_does_not_matter_in_which_portions_memories_came_or_went(engine, tenant, make_tenant, database):
    chance = random.Random(5)
    other = make_tenant("other")
    texts = [f"word{number} said{number % 7}" for number in range(60)]
    sessions = [chance.choice(["one", "two", None]) for _ in texts]
    rest = [Note(text, "user", session) for text, session in zip(texts, sessions, strict=True)]
    ids = []
    while rest:
        size = chance.choice([1, 1, 2, 5])
        ids += engine.learn(tenant, *rest[:size]).memory_ids
        rest = rest[size:]
        for _ in range(chance.randrange(2)):
            engine.forget(tenant, ids.pop(chance.randrange(len(ids))))
        if len(ids) > 5 and chance.random() < 0.3:
            engine.supersede(tenant, ids.pop(1), ids[0])
    engine.learn(other, Note("word1 said1", "user", "one"))
    before = contents(database, tenant)
    rebuild(database, tenant)
    assert contents(database, tenant) == before
    assert len(before) > 10


def test_a_long_neighbour_is_cut(engine, tenant, database):
    say(engine, tenant, "quokka " + "filler " * 99 + "wombat", "short")
    assert len(found(engine, tenant, "quokka")) == 2
    assert len(found(engine, tenant, "wombat")) == 1
    with database.read(tenant) as connection:
        number = connection.scalar(sa.select(sa.func.max(memories.c.number)))
        assert (
            list(with_added(connection, tenant, {number: "s"}))[-1].near
            == "quokka " + "filler " * 98 + "filler"
        )


@pytest.mark.parametrize(
    "hostile", ['"', "text : x", "a NEAR b", "x* OR (", "foo_bar", "a-b", "'; --", "{text}", "&|!"]
)
def test_no_question_is_read_as_query_syntax(engine, tenant, hostile):
    say(engine, tenant, f"quokka {hostile} x a b foo_bar")
    assert found(engine, tenant, f"quokka {hostile}") != []
    assert engine.search(tenant, words=f"quokka {hostile}").memories != []


def test_the_migration_writes_what_learning_writes(place, request):
    """From the index of version 0003, which holds the memories' own words."""
    owner = place
    if not hasattr(place, "suffix"):
        server = request.getfixturevalue("postgres")
        owner = database_address(server.url(OWNER, place.place.rpartition("/")[2]))
    database = open_database(place)
    engine = MemoryEngine(database)
    with database.write() as connection:
        tenant = ensure_tenant(connection, "acme")
        unused = ensure_tenant(connection, "unused")
    chance = random.Random(3)
    for number in range(30):
        moment = (
            datetime(2023, 1 + number % 12, 1 + number, tzinfo=UTC) if number % 3 and number < 28 else None
        )
        session = chance.choice(["one", "two", None])
        say(engine, tenant, f"Señor word{number}, said{number % 4}", session=session, when=moment)
    say(engine, tenant, " ".join(f"long{number % 130}" for number in range(150)), "beside", session="one")
    learned = contents(database, tenant)
    admin = create_engine(owner) if owner is not place else database._writing_engine
    by_version = {}
    for version in ("0006", "0003", "0006 again", "0003"):
        with admin.begin() as connection:
            schema.migrate(connection, version.removesuffix(" again"))
        by_version[version] = contents(database, tenant)
    assert by_version["0006"].keys() == learned.keys()
    assert words_of(by_version["0006"]) == words_of(by_version["0006 again"])
    if owner is place:
        with admin.begin() as connection:
            schema.migrate(connection)
    else:
        set_up(owner)
    migrated = contents(database, tenant)
    assert migrated.keys() == learned.keys()
    assert words_of(migrated) == words_of(learned)
    if owner is not place:
        admin.dispose()
    assert engine.recall(unused, "word1", 10).memories == []
    database.close()


def words_of(rows):
    """Of PostgreSQL's documents each lexeme with the weights of its places: the places differ, which is nothing."""
    return {number: tuple(map(weights, row)) if len(row) == 1 else row for number, row in rows.items()}


def weights(document):
    lexemes = (entry.rpartition(":") for entry in document.split())
    return {
        word: sorted(place.lstrip("0123456789") or "D" for place in places.split(","))
        for word, _, places in lexemes
    }
