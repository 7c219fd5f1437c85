import json
from datetime import UTC, datetime

import pytest
from real_postgres import both_databases

from continuum.core.errors import InvalidRecord
from continuum.core.records import Filters, Note, Turn

pytestmark = both_databases


@pytest.fixture
def filled(engine, tenant):
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    engine.learn(tenant, Turn("Maya moved to Lisbon.", "Noted: 東京 🦊", "s-1", moment, {"a": [1, None]}))
    engine.learn(tenant, Turn("Maya moved to Lisbon.", None, "s-2"))
    old, new = engine.learn(
        tenant, Note("lives in Berlin"), Note("lives in Lisbon", importance=0.9)
    ).memory_ids
    engine.supersede(tenant, old, new)
    engine.learn(tenant, *[Note(f"note {number}") for number in range(450)])
    return tenant


def state(engine, tenant):
    lines = [json.loads(line) for line in engine.export(tenant)]
    by_text = {line["id"]: line["text"] for line in lines}
    return [line | {"id": None, "superseded_by": by_text.get(line.get("superseded_by"))} for line in lines]


def test_an_export_is_imported_whole_and_importing_it_again_changes_nothing(engine, filled, make_tenant):
    lines = list(engine.export(filled))
    assert len(lines) == 454
    copy = make_tenant("copy")
    reached = []
    imported = engine.import_lines(copy, lines, reached.append)
    assert (imported.lines, imported.new, imported.known) == (454, 454, 0)
    assert reached == [200, 400, 454]
    before = state(engine, copy)
    assert sorted(map(json.dumps, before)) == sorted(map(json.dumps, state(engine, filled)))
    again = engine.import_lines(copy, [line.encode() + b"\n" for line in lines])
    assert (again.new, again.known) == (0, 454)
    assert state(engine, copy) == before
    assert [memory.text for memory in engine.recall(copy, "lives", 10).memories] == ["lives in Lisbon"]
    assert engine.stats(copy).repeats == 1
    assert engine.search(copy, Filters(session="s-1"), words="Lisbon").memories[0].importance == 0.5


def test_importing_into_where_it_came_from_changes_nothing(engine, filled):
    lines = list(engine.export(filled))
    assert engine.import_lines(filled, lines).new == 0
    assert list(engine.export(filled)) == lines


def test_ids_are_kept_where_they_are_free(engine, filled):
    lines = list(engine.export(filled))
    engine.forget_tenant(filled)
    from continuum.storage.tenants import ensure_tenant

    with engine._database.write() as connection:
        again = ensure_tenant(connection, "acme")
    engine.import_lines(again, lines)
    assert list(engine.export(again)) == lines


def test_what_was_said_very_often_is_several_lines_that_can_be_read_again(engine, tenant, make_tenant):
    often = {"kind": "x" * 4000}
    engine.learn(tenant, *[Note("ok", session=f"s-{number}", metadata=often) for number in range(300)])
    lines = list(engine.export(tenant))
    assert len(lines) == 5
    assert max(map(len, lines)) < 300_000
    assert {json.loads(line)["id"] for line in lines} == {engine.search(tenant).memories[0].id}
    copy = make_tenant("copy")
    for known in (0, 1):
        imported = engine.import_lines(copy, lines)
        assert imported.new == 1 - known
        assert (engine.stats(copy).memories, engine.stats(copy).repeats) == (1, 299)


GOOD = {"role": "user", "text": "canary", "created_at": "2026-03-01T12:00:00+00:00"}
BAD = [
    "canary",
    "[]",
    '"canary"',
    "{}",
    json.dumps(GOOD | {"canary": 1}),
    json.dumps(GOOD | {"role": "canary"}),
    json.dumps(GOOD | {"text": "canary\0"}),
    json.dumps(GOOD | {"text": 7}),
    json.dumps(GOOD | {"id": "canary"}),
    json.dumps(GOOD | {"id": 7}),
    json.dumps(GOOD | {"created_at": "canary"}),
    json.dumps(GOOD | {"created_at": "2026-03-01T12:00:00"}),
    json.dumps(GOOD | {"created_at": 7}),
    json.dumps(GOOD | {"session": ["canary"]}),
    json.dumps(GOOD | {"importance": "canary"}),
    json.dumps(GOOD | {"metadata": "canary"}),
    json.dumps(GOOD | {"metadata": {"a": "x" * 9000}}),
    json.dumps(GOOD | {"repeats": [7]}),
    json.dumps(GOOD | {"repeats": 7}),
    "[" * 100_000,
    b"\xff\xfecanary",
    json.dumps(GOOD | {"text": "x" * 70_000}),
]


def test_a_line_that_is_no_record_is_named_by_its_number_and_never_repeated(engine, tenant):
    for line in BAD:
        with pytest.raises(InvalidRecord) as caught:
            engine.import_lines(tenant, [json.dumps(GOOD), "", line])
        assert caught.value.values == {"line": 3}
        assert "canary" not in str(caught.value)
        assert caught.value.__cause__ is None
    assert engine.stats(tenant).memories == 0


def test_a_text_is_registered_as_content_even_when_its_line_is_refused(engine, tenant, monkeypatch):
    import telemetry

    registered = []
    monkeypatch.setattr(telemetry, "register_content", lambda *texts: registered.extend(texts))
    with pytest.raises(InvalidRecord):
        engine.import_lines(tenant, [json.dumps(GOOD | {"role": "nobody"})])
    engine.import_lines(tenant, [json.dumps(GOOD)])
    list(engine.export(tenant))
    assert registered.count("canary") == 3
