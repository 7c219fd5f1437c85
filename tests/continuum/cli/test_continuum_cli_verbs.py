"""Every verb of the memory on the command line: what it stores, prints, and refuses by name."""

import io
import json
import os
import sys

import pytest

from continuum.core.learning import MAX_BATCH


@pytest.fixture
def acme(run, monkeypatch):
    monkeypatch.setenv("CONTINUUM_TENANT", "acme")
    run("keys", "create", "acme")


@pytest.fixture
def type_in(monkeypatch):
    def start(text):
        sent = text if isinstance(text, bytes) else text.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sent)))

    return start


@pytest.fixture
def told(run):
    """What a command says as JSON."""

    def start(*arguments):
        done = run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return start


pytestmark = pytest.mark.usefixtures("acme")


def test_a_turn_and_a_note_keep_where_they_come_from(told):
    said = ("--session", "s-1", "--at", "2026-03-01T12:00+00:00", "--metadata", '{"a": 1}')
    told("learn", "Maya moved to Lisbon", "Noted", *said)
    told("note", "Maya likes moss", "--role", "tool", "--importance", "0.9", *said)
    newest, *turn = told("list")["memories"]
    for memory in (newest, *turn):
        assert (memory["session"], memory["metadata"]) == ("s-1", {"a": 1})
        assert memory["occurred_at"] == "2026-03-01T12:00:00+00:00"
    assert (newest["role"], newest["importance"], len(turn)) == ("tool", 0.9, 2)


def test_a_text_may_come_by_standard_input_where_no_process_list_shows_it(run, told, type_in):
    type_in("Maya hides\nquokkas\r\n")
    told("note", "-")
    type_in("quokkas")
    assert run("recall", "-").stdout == "[note] Maya hides\nquokkas\n"
    for sent in ("", "x" * 70_000, b"\xff"):
        type_in(sent)
        refused = run("note", "-")
        assert (refused.returncode, "'TEXT': expected text that isn't blank" in refused.stderr) == (2, True)


def test_a_key_stores_a_request_once_and_another_request_is_an_error(run, told):
    first = told("learn", "tea", "noted", "--idempotency-key", "k")
    assert told("learn", "tea", "noted", "--idempotency-key", "k") == first
    assert told("stats")["repeats"] == 0
    other = run("learn", "coffee", "--idempotency-key", "k")
    assert (other.returncode, other.stderr) == (
        1,
        "Error: this Idempotency-Key was used for another request\n",
    )


def test_a_batch_is_read_by_the_thousand_and_sent_again_it_stores_nothing_twice(
    run, told, tmp_path, monkeypatch
):
    monkeypatch.setattr("continuum.cli.progress.is_terminal", lambda: True)
    turn = {
        "user_message": "where is Maya",
        "ai_response": "in Lisbon",
        "metadata": {"session": "s", "occurred_at": "2026-01-01T00:00:00Z"},
    }
    notes = [{"text": f"note {number}", "importance": 0.7} for number in range(MAX_BATCH)]
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(map(json.dumps, [turn, *notes])) + "\n\n")
    for _ in range(2):
        done = run("batch", str(path), "--idempotency-key", "k", "--json")
        ids = [len(json.loads(line)["memory_ids"]) for line in done.stdout.splitlines()]
        assert (done.returncode, ids) == (0, [MAX_BATCH + 1, 1])
        assert f"Learned {MAX_BATCH + 1} lines" in done.stderr
    assert (told("stats")["memories"], told("stats")["repeats"]) == (MAX_BATCH + 2, 0)
    assert len(told("list", "--session", "s", "--until", "2026-02-01")["memories"]) == 2


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b'{"text": "canary\\u0000"}', "text to be text that isn't blank"),
        (b'{"text": "x", "role": "canary"}', "role to be one of user"),
        (b'{"user_message": "canary"}', "ai_response to be text"),
        (b'{"text": "x", "canary": 1}', "a JSON object"),
        (b'{"text": "x", "importance": ' + b"9" * 5000 + b"}", "a JSON object"),
        (b"[" * 100_000, "a JSON object"),
        (b"\x1f\x8b\xff", "a JSON object"),
        (b'{"text": "x"}' + b" " * 5_000_000, "a JSON object"),
    ],
    ids=["nul", "role", "half", "unknown", "number", "deep", "gzip", "endless"],
)
def test_a_bad_line_of_a_batch_is_named_by_number_and_field_and_nothing_is_stored(
    run, told, type_in, line, field
):
    type_in(b'{"text": "good"}\n\n' + line + b"\n")
    refused = run("batch")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: line 3: expected {field}")
    assert "canary" not in refused.stderr
    assert told("stats")["memories"] == 0


def test_a_turn_prints_what_was_known_before_it_is_learned(run, told):
    told("note", "Maya lives in Lisbon")
    done = run("turn", "where is Maya", "in Lisbon", "--session", "s")
    assert done.stdout == "[note] Maya lives in Lisbon\n"
    assert done.stderr.startswith("Learned 2 new")
    both = told("turn", "where is Maya now", "in Porto", "--limit", "1", "--tokens", "0")
    assert (both["recall"]["context"], len(both["recall"]["memories"])) == ("", 1)
    assert len(both["learn"]["memory_ids"]) == 2


def test_recall_is_narrowed_cut_and_told_as_the_service_tells_it(run, told, client, make_key):
    told("learn", "Maya drinks tea", "Tea for Maya", "--session", "s")
    told("learn", "Ada drinks tea")
    assert run("recall", "tea", "--role", "assistant").stdout == "[assistant] Tea for Maya\n"
    assert len(run("recall", "tea", "--tokens", "7").stdout.splitlines()) == 1
    asked = {"message": "tea", "session": "s", "concept": "Maya"}
    answered = client.post("/v1/recall", json=asked, headers={"X-API-Key": make_key("acme")}).json()
    here = told("recall", "tea", "--session", "s", "--concept", "Maya")
    assert here.keys() == answered.keys() - {"query_time_ms", "tenant_id"}
    assert [memory["id"] for memory in here["memories"]] == [memory["id"] for memory in answered["memories"]]
    assert here["context"] == answered["context"]


def test_a_list_goes_on_where_its_page_ended(run, told):
    for number in range(5):
        told("note", f"tea {number}")
    first = run("list", "--limit", "3")
    assert [line[-5:] for line in first.stdout.splitlines()] == ["tea 4", "tea 3", "tea 2"]
    cursor = first.stderr.split()[-1]
    page = told("list", "--limit", "3", "--cursor", cursor)
    assert [memory["text"] for memory in page["memories"]] == ["tea 1", "tea 0"]
    assert page["next_cursor"] is None
    assert len(told("list", "--words", "teas")["memories"]) == 5
    assert run("list", "--words", "coffee").stderr == "Nothing found.\n"
    made_up = run("list", "--cursor", "canary")
    assert (made_up.returncode, "canary" in made_up.stderr) == (2, False)


def test_concepts_and_counts_are_told(run, told):
    told("learn", "Maya met Ada in Lisbon", "Maya did")
    shown = run("entities", "--type", "name", "--limit", "1")
    assert (shown.stdout.split(), shown.stderr) == (["2", "name", "Maya"], "1 of 3.\n")
    assert [entity["name"] for entity in told("entities", "--offset", "1")["entities"]] == ["Ada", "Lisbon"]
    assert "memories:        2" in run("stats").stdout


@pytest.mark.parametrize(
    ("option", "value", "form"),
    [
        ("--at", "canary", "expected an ISO 8601 time"),
        ("--session", "", "expected text of 1 to 200 characters"),
        ("--metadata", "[1]", "expected an object of at most"),
        ("--metadata", '{"canary": NaN}', "expected an object of at most"),
        ("--importance", "nan", "expected a number from 0 to 1"),
        ("--importance", "canary", "expected a number from 0 to 1"),
        ("--idempotency-key", "canary" * 100, "expected text of 1 to 200 characters"),
        ("--tenant", "canary\udcff", "a tenant's name is 1 to 64 letters"),
    ],
    ids=["time", "session", "list", "number", "nan", "word", "key", "tenant"],
)
def test_a_value_of_another_form_is_refused_by_option_and_form(run, option, value, form):
    refused = run("note", "tea", option, value)
    assert refused.returncode == 2
    assert form in refused.stderr
    assert option in refused.stderr or option == "--tenant"
    assert "canary" not in refused.stderr


def test_what_was_said_can_not_steer_a_terminal(run, monkeypatch):
    run("note", "tea \x1b]0;canary\x07 \x9b31m\ttab")
    tamed = "tea \ufffd]0;canary\ufffd \ufffd31m"
    assert tamed + " tab" in run("list").stdout
    assert tamed + " tab" in run("search", "tea").stdout
    listed = run("list", "--json").stdout
    assert listed.rstrip().isprintable()
    assert json.loads(listed)["memories"][0]["text"].startswith("tea \x1b")
    assert "\x1b" in run("recall", "tea").stdout
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run("recall", "tea").stdout == f"[note] {tamed}\ttab\n"


def test_an_export_that_fails_leaves_the_file_of_before_and_one_that_succeeds_is_private(
    run, told, tmp_path, monkeypatch
):
    told("note", "tea")
    path = tmp_path / "memories.jsonl"
    path.write_text("before")
    path.chmod(0o644)
    with monkeypatch.context() as patched:
        patched.setattr("continuum.core.exchange.write_lines", lambda *_: 1 / 0)
        assert run("export", str(path)).returncode == 1
    assert (path.read_text(), [found.name for found in tmp_path.glob(".mem*")]) == ("before", [])
    assert run("export", str(path)).returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert run("import", str(path), "--json").stdout == '{"lines": 1, "new": 0, "known": 1}\n'
    for nowhere in (str(tmp_path / "none" / "x"), "/dev/full"):
        failed = run("export", nowhere)
        assert (failed.returncode, failed.stderr) == (1, "Error: FILE can't be written\n")
    assert run("export", os.devnull).returncode == 0
    assert not os.path.isfile(os.devnull)  # noqa: PTH113 - a device, whatever its path is called
