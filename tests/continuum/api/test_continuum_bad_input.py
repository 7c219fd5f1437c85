"""What no database and no JSON writer takes is refused by name, on both databases, and nothing is lost by it."""

from pathlib import Path

import pytest
from real_postgres import both_databases

from continuum.api.requests import ACCEPTED_FORMS

NDJSON = "application/x-ndjson"
RECORD = '"role": "user", "created_at": "2020-01-01T00:00:00+00:00"'
SURROGATE, NUL = '"canary \\ud800"', '"canary \\u0000"'
TURN = '"user_message": "canary", "ai_response": "x"'
EARLIEST, LATEST = '"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-14:00"'

# Path, body as it is sent, status, and the field that the answer names.
REFUSED = [
    *[
        (path, f'{{"{field}": {value}{more}}}', 422, field)
        for value in (SURROGATE, NUL)
        for path, field, more in (
            ("learn", "user_message", ', "ai_response": "x"'),
            ("learn", "ai_response", ', "user_message": "x"'),
            ("memories", "text", ""),
            ("recall", "message", ""),
            ("recall", "session", ', "message": "x"'),
            ("search", "words", ""),
            ("search", "concept", ""),
            ("search", "role", ""),
            ("forget", "session", ""),
            ("keys", "tenant", ""),
            ("tenants/forget", "tenant", ""),
        )
    ],
    ("learn", f'{{{TURN}, "metadata": {{"a": {NUL}}}}}', 422, "metadata"),
    ("learn", f'{{{TURN}, "metadata": {{{SURROGATE}: 1}}}}', 422, "metadata"),
    ("learn", f'{{{TURN}, "metadata": {{"a": 1e400}}}}', 422, "metadata"),
    ("learn", f'{{{TURN}, "metadata": {{"a": NaN}}}}', 422, "metadata"),
    ("learn", f'{{{TURN}, "metadata": {{"a": {"[" * 300}{"]" * 300}}}}}', 422, "metadata"),
    ("learn", f'{{{TURN}, "metadata": {{"occurred_at": {EARLIEST}}}}}', 422, "metadata"),
    ("memories", '{"text": "x", "importance": 1' + "0" * 400 + "}", 422, "importance"),
    ("memories", '{"text": "x", "importance": NaN}', 422, "importance"),
    ("search", f'{{"since": {EARLIEST}}}', 422, "since"),
    ("search", f'{{"until": {LATEST}}}', 422, "until"),
    ("keys", f'{{"tenant": "x", "expires_at": {EARLIEST}}}', 422, "expires_at"),
    ("recall", '{"message": "x", "max_concepts": ' + "9" * 4000 + "}", 422, "max_concepts"),
    ("recall", '{"message": "x", "max_concepts": 101}', 422, "max_concepts"),
    ("recall", '{"message": "' + "canary " * 9363 + '"}', 422, "message"),
    ("learn", f'{{{TURN}, "canary": 1}}', 422, "body"),
    ("learn", "[" * 100_000, 400, None),
    ("learn", f'{{{TURN}, "metadata": {{"a": {"9" * 5000}}}}}', 400, None),
    ("recall", '{"message": "' + "x" * 1_048_576 + '"}', 413, None),
    ("forget", f'{{"memory_id": {NUL}}}', 404, None),
    ("supersede", f'{{"memory_id": {NUL}, "by": {NUL}}}', 404, None),
    ("keys/revoke", f'{{"key_id": {NUL}}}', 404, None),
    ("keys/rotate", f'{{"key_id": {NUL}}}', 404, None),
    ("import", f'{{"text": {NUL}, {RECORD}}}', 422, None),
    ("import", f'{{"text": "canary", {RECORD}, "importance": 1{"0" * 400}}}', 422, None),
    ("import", f'{{"text": "canary", {RECORD}, "repeats": [null]}}', 422, None),
    ("import", f'{{"text": "canary", "role": "user", "created_at": {EARLIEST}}}', 422, None),
    ("import", "[" * 100_000, 422, None),
]


@both_databases
def test_each_is_a_problem_that_names_the_field_and_repeats_nothing(client, make_key):
    # One test for all of them: the database is the dear part.
    headers = {"X-API-Key": make_key("acme", "read", "write", "admin")}
    client.post("/v1/memories", json={"text": "kept"}, headers=headers)
    for path, body, status, field in REFUSED:
        kind = {"Content-Type": NDJSON if path == "import" else "application/json"}
        answer = client.post(f"/v1/{path}", content=body, headers=headers | kind)
        case = f"{path} {body[:80]}"
        assert answer.status_code == status, case
        assert answer.headers["content-type"] == "application/problem+json", case
        assert "canary" not in answer.text, case
        if field is not None:
            (refused,) = answer.json()["errors"]
            assert refused["field"] == field, case
            assert refused["accepted"], case
    for path in ("%00", "%ED%A0%80", "%FF", "canary", "x" * 2000):
        assert client.delete(f"/v1/memories/{path}", headers=headers).status_code == 404, path
    assert client.get("/v1/entities?offset=99999999999999999999", headers=headers).status_code == 422
    assert client.get("/v1/stats", headers=headers).json()["memories"] == 1


def test_every_field_says_what_it_accepts():
    assert [name for name, form in ACCEPTED_FORMS.items() if not form] == []


@both_databases
@pytest.mark.parametrize(
    "question",
    [
        "\" OR * NEAR(a, b) : ^ - { } \\ ' ; -- %_ text:x",
        " ".join(f"w{number}" for number in range(9000)),
        "x" * 65_536,
        "AND OR NOT",
        "\U0001f375\u202e\ufeff\u0301",
    ],
)
def test_no_question_breaks_the_search(client, headers, question):
    client.post("/v1/memories", json={"text": "tea w1 w2"}, headers=headers)
    assert client.post("/v1/recall", json={"message": question}, headers=headers).status_code == 200
    assert client.post("/v1/search", json={"words": question}, headers=headers).status_code == 200


@both_databases
def test_ten_thousand_sessions_are_held_apart(client, headers, place):
    # Fewer on PostgreSQL, where learning so many takes long.
    count = 10_000 if isinstance(place, Path) else 2000
    for begin in range(0, count, 1000):
        items = [
            {"text": f"tea {number}", "metadata": {"session": f"s-{number}"}}
            for number in range(begin, begin + 1000)
        ]
        answer = client.post("/v1/learn/batch", json={"items": items}, headers=headers)
        assert answer.status_code == 200
    assert client.get("/v1/stats", headers=headers).json()["sessions"] == count
    for body in ({"session": "s-1999"}, {"session": "s-1999", "words": "tea"}):
        (found,) = client.post("/v1/search", json=body, headers=headers).json()["memories"]
        assert found["text"] == "tea 1999"
    asked = {"message": "tea 17", "session": "s-17"}
    (found,) = client.post("/v1/recall", json=asked, headers=headers).json()["memories"]
    assert found["text"] == "tea 17"
    receipt = client.post("/v1/forget", json={"session": "s-17"}, headers=headers).json()
    assert receipt["counts"]["memories"] == 1
    assert client.get("/v1/stats", headers=headers).json()["sessions"] == count - 1
