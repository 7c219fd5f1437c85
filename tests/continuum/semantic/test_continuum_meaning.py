"""Recall finds what was said in other words: with the real model, on both databases."""

import logging
import threading

import pytest
import sqlalchemy as sa
from real_postgres import both_databases

from continuum.core.engine import MemoryEngine
from continuum.core.errors import SettingsError
from continuum.core.records import Filters, Note
from continuum.core.services import open_services
from continuum.core.settings import Settings
from continuum.semantic import meaning as opening
from continuum.semantic import model as weights
from continuum.semantic import shelf as keeping
from continuum.semantic.meaning import Meaning
from continuum.storage.tables import embeddings
from continuum.storage.tenants import ensure_tenant

PUPPY = "We adopted a puppy from the shelter."
SAID = (PUPPY, "The invoice of the printer was paid.", "Her flight to Oslo leaves at noon.")
QUESTION = "Do they own any pets?"


@pytest.fixture(scope="module")
def model():
    if not weights.is_installed():
        pytest.skip("needs the packages of continuum-memory[semantic]")
    return weights.Model()


@pytest.fixture
def make_meaning(model, database):
    opened = []

    def make():
        made = Meaning(database)
        made._model = model
        opened.append(made)
        return made

    yield make
    for made in opened:
        made.close()


@pytest.fixture
def meaning(make_meaning):
    return make_meaning()


@pytest.fixture
def engine(database, meaning):
    return MemoryEngine(database, None, meaning)


def say(engine, tenant, *said, session=None):
    return engine.learn(tenant, *(Note(text, "user", session) for text in said)).memory_ids


def found(engine, tenant, question=QUESTION, filters=Filters()):  # noqa: B008 - it is frozen
    return [memory.text for memory in engine.recall(tenant, question, 10, filters).memories]


def kept(database, tenant):
    with database.read(tenant) as connection:
        return connection.scalar(
            sa.select(sa.func.count()).where(embeddings.c.tenant_number == tenant.number)
        )


@both_databases
def test_what_was_said_in_other_words_is_found_and_erased_with_the_memory(
    engine, meaning, database, tenant, make_tenant
):
    rival = make_tenant("rival")
    puppy, *_ = say(engine, tenant, *SAID)
    say(engine, rival, "My cat sleeps all day.")
    assert meaning.worker.finish(30)
    answer = engine.recall(tenant, QUESTION, 10).memories
    assert answer[0].text == PUPPY
    assert (answer[0].score, answer[0].parts.lexical) == (1.0, 0.0)
    assert answer[0].parts.semantic > 0.7
    assert found(engine, rival) == ["My cat sleeps all day."]
    assert PUPPY not in found(engine, tenant, filters=Filters(role="assistant"))
    newer, *_ = say(engine, tenant, "The puppy was given back.")
    engine.supersede(tenant, puppy, newer)
    assert PUPPY not in found(engine, tenant)
    engine.forget(tenant, newer)
    assert found(engine, tenant)[0] == PUPPY
    engine.forget(tenant, puppy)
    assert PUPPY not in found(engine, tenant)
    assert meaning.worker.finish(30)
    assert (kept(database, tenant), kept(database, rival)) == (2, 1)
    engine.forget_tenant(rival)
    assert kept(database, rival) == 0


def test_recall_works_by_words_until_there_are_vectors_and_is_not_worse_for_new_memories(
    engine, meaning, tenant, monkeypatch
):
    with monkeypatch.context() as still:
        still.setattr(meaning.worker, "start", lambda: None)
        say(engine, tenant, *SAID)
        assert found(engine, tenant, "puppy") == [PUPPY]
        assert found(engine, tenant) == []
    assert meaning.worker.finish(30)
    assert found(engine, tenant)[0] == PUPPY
    monkeypatch.setattr(meaning.worker, "start", lambda: None)
    monkeypatch.setattr(meaning.worker, "learned", lambda tenant: None)
    say(engine, tenant, "A parrot moved in.")
    assert found(engine, tenant, "parrot")[0] == "A parrot moved in."


def test_filters_hold_for_what_is_found_by_meaning(engine, meaning, tenant):
    say(engine, tenant, PUPPY, session="home")
    say(engine, tenant, *SAID[1:], "The kitten is asleep.", session="work")
    assert meaning.worker.finish(30)
    assert found(engine, tenant)[:2] != ["The kitten is asleep."]
    assert set(found(engine, tenant, filters=Filters(session="work"))) == {*SAID[1:], "The kitten is asleep."}


def test_what_another_process_learned_and_forgot_is_noticed(make_meaning, database, tenant, monkeypatch):
    mine, theirs = make_meaning(), make_meaning()
    here, there = MemoryEngine(database, None, mine), MemoryEngine(database, None, theirs)
    puppy, *_ = say(there, tenant, *SAID)
    assert mine.worker.finish(30)
    assert theirs.worker.finish(30)
    assert found(here, tenant)[0] == PUPPY
    there.forget(tenant, puppy)
    held = mine._shelf._kept[tenant.number]
    assert held.vectors.sum[0] == 3
    assert PUPPY not in found(here, tenant)
    held.checked_at -= 2 * keeping._SECONDS
    found(here, tenant)
    assert held.vectors.sum[0] == 2
    held.asked_at -= 2 * keeping._SECONDS
    mine._shelf.expire()
    assert mine._shelf._kept == {}
    MemoryEngine(database).learn(tenant, Note("A parrot moved in."))
    with mine.worker._wake:
        mine.worker._looks_at = 0.0
        mine.worker._wake.notify_all()
    assert mine.worker.finish(30)
    assert "A parrot moved in." in found(here, tenant)


def test_a_model_that_cannot_be_loaded_leaves_recall_by_words_and_ends_the_work(
    database, tenant, caplog, monkeypatch, model
):
    monkeypatch.setattr(weights, "_SHA256", "0" * 64)
    broken = Meaning(database)
    engine = MemoryEngine(database, None, broken)
    with caplog.at_level(logging.WARNING):
        say(engine, tenant, *SAID)
        broken.worker._thread.join(30)
    assert not broken.worker._thread.is_alive()
    assert found(engine, tenant, "puppy") == [PUPPY]
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("continuum.semantic")]
    assert "recall goes by words alone: the model isn't the one that we know" in lines
    assert not any(word in line for line in lines for word in ("puppy", "acme"))
    broken.close()


def test_a_text_that_the_model_refuses_harms_neither_learning_nor_recall(
    engine, meaning, tenant, monkeypatch
):
    class Refusing:
        def run(self, *_):
            raise ValueError(PUPPY)

    say(engine, tenant, *SAID)
    assert meaning.worker.finish(30)
    monkeypatch.setattr(meaning._model, "_session", Refusing())
    assert found(engine, tenant, "puppy") == [PUPPY]
    say(engine, tenant, "A parrot moved in.")
    assert found(engine, tenant, "parrot") == ["A parrot moved in."]


def test_the_service_opens_with_it_and_its_thread_ends_with_the_service(place, model):
    with open_services(Settings(place, semantic=True)) as services:
        services.engine._meaning.worker.start()
        assert "continuum-semantic" in {thread.name for thread in threading.enumerate()}
    assert "continuum-semantic" not in {thread.name for thread in threading.enumerate()}


def test_asking_for_it_without_its_packages_is_refused_by_name(place, monkeypatch):
    monkeypatch.setattr(opening, "is_installed", lambda: False)
    with (
        pytest.raises(SettingsError, match=r"continuum-memory\[semantic\]"),
        open_services(Settings(place, semantic=True)),
    ):
        pass
    with open_services(Settings(place)) as services:
        assert services.engine._meaning is None


def test_what_was_answered_before_the_vectors_were_there_is_not_the_answer_for_minutes(
    model, place, valkey, monkeypatch
):
    monkeypatch.setattr("continuum.cache.client.SOCKET_SECONDS", 5.0)
    settings = Settings(place, redis_url=valkey.url, cache_enabled=True, semantic=True)
    with open_services(settings) as services:
        meaning = services.engine._meaning
        meaning._model = model
        with services.database.write() as connection:
            tenant = ensure_tenant(connection, "acme")
        monkeypatch.setattr(meaning.worker, "start", lambda: None)  # not before the first question
        services.engine.learn(tenant, *(Note(text) for text in SAID))
        assert services.engine.recall(tenant, QUESTION, 1).memories == []
        monkeypatch.undo()
        assert meaning.worker.finish(60)
        assert services.engine.recall(tenant, QUESTION, 1).memories[0].text == PUPPY
