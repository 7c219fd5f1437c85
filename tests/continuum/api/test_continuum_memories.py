import json

import pytest

TURN = {"user_message": "Maya decided to move to Lisbon.", "ai_response": "We will plan the move to Lisbon."}


def test_learning_tells_what_was_learned(client, headers):
    answer = client.post("/v1/learn", json=TURN, headers=headers)
    assert answer.status_code == 200
    body = answer.json()
    assert len(body.pop("memory_ids")) == 2
    assert body == {
        "duplicates": 0,
        "concepts_extracted": 2,
        "decisions_detected": 2,
        "links_created": 4,
        "compounds_found": 0,
        "near_duplicates": 0,
        "tenant_id": "acme",
    }


def test_recall_gives_context_and_memories(client, headers):
    provenance = {"session": "s-1", "occurred_at": "2026-03-01T12:00:00+01:00", "channel": "chat"}
    client.post("/v1/learn", json=TURN | {"metadata": provenance}, headers=headers)
    body = client.post("/v1/recall", json={"message": "Who moves to Lisbon?"}, headers=headers).json()
    assert {"context", "concepts_found", "relationships_found", "query_time_ms", "tenant_id"} < body.keys()
    assert "[user] Maya decided to move to Lisbon." in body["context"].splitlines()
    first = body["memories"][0]
    assert first["score"] == 1.0
    assert first["session"] == "s-1"
    assert first["occurred_at"] == "2026-03-01T11:00:00Z"
    assert first["metadata"] == provenance
    assert first["matched_concepts"] == ["Lisbon"]


def test_max_concepts_limits_the_memories(client, headers):
    client.post("/v1/learn", json=TURN, headers=headers)
    body = client.post("/v1/recall", json={"message": "Lisbon", "max_concepts": 1}, headers=headers).json()
    assert len(body["memories"]) == 1


def test_a_turn_recalls_before_it_learns(client, headers):
    first = client.post("/v1/turn", json=TURN, headers=headers).json()
    second = client.post("/v1/turn", json=TURN, headers=headers).json()
    assert first["recall"]["memories"] == []
    assert len(second["recall"]["memories"]) == 2
    assert second["learn"]["duplicates"] == 2
    assert second["tenant_id"] == "acme"


def test_a_deleted_memory_is_gone_and_a_second_deletion_finds_nothing(client, headers):
    ids = client.post("/v1/learn", json=TURN, headers=headers).json()["memory_ids"]
    assert client.delete(f"/v1/memories/{ids[0]}", headers=headers).status_code == 204
    found = client.post("/v1/recall", json={"message": "Lisbon"}, headers=headers).json()["memories"]
    assert [memory["id"] for memory in found] == ids[1:]
    again = client.delete(f"/v1/memories/{ids[0]}", headers=headers)
    assert again.status_code == 404
    assert again.json()["type"] == "urn:continuum:problem:memory-not-found"
    assert ids[0] not in again.text


def test_no_route_shows_one_tenant_anything_of_another(client, headers, make_key):
    other = {"X-API-Key": make_key("rival")}
    ids = client.post("/v1/learn", json=TURN, headers=headers).json()["memory_ids"]
    assert client.post("/v1/recall", json={"message": "Lisbon"}, headers=other).json()["memories"] == []
    assert client.get("/v1/entities", headers=other).json()["total"] == 0
    assert client.get("/v1/stats", headers=other).json()["memories"] == 0
    assert client.delete(f"/v1/memories/{ids[0]}", headers=other).status_code == 404
    assert client.get("/v1/stats", headers=headers).json()["memories"] == 2


def test_entities_come_in_pages_and_by_type(client, headers):
    client.post("/v1/learn", json=TURN, headers=headers)
    everything = client.get("/v1/entities", headers=headers).json()
    assert everything["entities"][0] | {"first_seen": ""} == {
        "name": "Lisbon",
        "type": "name",
        "mentions": 2,
        "first_seen": "",
    }
    assert everything["total"] == 4
    page = client.get("/v1/entities?limit=1&offset=1&entity_type=decision", headers=headers).json()
    assert (len(page["entities"]), page["total"]) == (1, 2)


def test_stats_count(client, headers):
    client.post("/v1/learn", json=TURN | {"metadata": {"session": "s"}}, headers=headers)
    body = client.get("/v1/stats", headers=headers).json()
    assert body.pop("last_learned_at").endswith("Z")
    assert body == {
        "memories": 2,
        "repeats": 0,
        "concepts": 2,
        "decisions": 2,
        "links": 4,
        "sessions": 1,
        "tenant_id": "acme",
    }


BAD_BODIES = [
    ({}, "user_message"),
    (TURN | {"user_message": ""}, "user_message"),
    (TURN | {"user_message": 7}, "user_message"),
    (TURN | {"ai_response": "canary\0"}, "ai_response"),
    (TURN | {"ai_response": "canary" * 11_000}, "ai_response"),
    (TURN | {"canary": "canary"}, "body"),
    (TURN | {"metadata": ["canary"]}, "metadata"),
    (TURN | {"metadata": {"canary": "x" * 9000}}, "metadata"),
    (TURN | {"metadata": {"canary": "\0"}}, "metadata"),
    (TURN | {"metadata": {"session": {"canary": 1}}}, "metadata"),
    (TURN | {"metadata": {"occurred_at": "canary"}}, "metadata"),
    (TURN | {"metadata": {"occurred_at": "2026-01-01"}}, "metadata"),
    (["canary"], "body"),
    ("canary", "body"),
    (None, "body"),
]


@pytest.mark.parametrize(("body", "field"), BAD_BODIES)
def test_a_bad_body_is_refused_by_field_and_form_and_never_repeated(client, headers, body, field):
    answer = client.post("/v1/learn", json=body, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert all(error["accepted"] for error in answer.json()["errors"])
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    "raw",
    [
        b"{canary",
        b'{"message": "canary\\ud800"}',
        b'{"message": "canary \\u0000"}',
        b"\xff\xfecanary",
        b'{"message": "x", "max_concepts": NaN}',
        b'{"message": "x", "max_concepts": 1e400}',
        b'{"message": "x", "max_concepts": "5"}',
        b'{"message": "x", "max_concepts": true}',
        b'{"message": "x", "max_concepts": 0}',
        b'{"message": "x", "max_concepts": 101}',
        b'{"message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"message": "x", "max_concepts": ' + b"9" * 5000 + b"}",
    ],
)
def test_hostile_bytes_are_refused_with_a_problem(client, headers, raw):
    answer = client.post("/v1/recall", content=raw, headers=headers | {"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert "canary" not in answer.text


def test_metadata_with_a_lone_surrogate_is_refused(client, headers):
    raw = json.dumps(TURN | {"metadata": {"a": ["canary\ud800"]}})
    answer = client.post("/v1/learn", content=raw, headers=headers | {"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "canary" not in answer.text


def test_a_megabyte_of_question_is_refused(client, headers):
    assert client.post("/v1/recall", json={"message": "x" * 1_000_000}, headers=headers).status_code == 422
    assert client.post("/v1/recall", json={"message": "x" * 1_100_000}, headers=headers).status_code == 413


def test_an_endless_body_without_a_length_is_refused(client, headers):
    def chunks():
        for _ in range(100):
            yield b"x" * 65_536

    answer = client.post(
        "/v1/recall", content=chunks(), headers=headers | {"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:continuum:problem:request-too-large"


def test_the_longest_texts_are_accepted_whole(client, headers):
    body = {"user_message": "\x01" * 65_535 + "a", "ai_response": "🦊" * 16_384}
    assert client.post("/v1/learn", json=body, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "offset=-1", "entity_type=canary", "canary=1", "limit=canary"]
)
def test_a_bad_query_is_refused_without_being_repeated(client, headers, query):
    answer = client.get(f"/v1/entities?{query}", headers=headers)
    assert answer.status_code == 422
    assert "canary" not in answer.text


@pytest.mark.parametrize("message", ['" OR NEAR( *', "'; DROP TABLE memories; --", "?!", "日本語"])
def test_odd_questions_are_answered(client, headers, message):
    client.post("/v1/learn", json=TURN, headers=headers)
    answer = client.post("/v1/recall", json={"message": message}, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["memories"] == []
    assert answer.json()["context"] == ""
