"""What the API can do beyond learning a turn and recalling it; each route on both databases."""

import json

import pytest
from real_postgres import both_databases

from continuum.core.credentials import key_id

pytestmark = both_databases
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def post(client, headers):
    def send(path, body, expected=200, **more):
        answer = client.post(f"/v1/{path}", json=body, headers=headers | more)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None

    return send


def test_notes_and_batches_are_learned(post):
    note = {"text": "tea", "role": "system", "importance": 0.9, "metadata": {"session": "s"}}
    assert post("memories", note)["duplicates"] == 0
    turn = {"user_message": "coffee", "ai_response": "noted"}
    learned = post("learn/batch", {"items": [turn, note]})
    assert (len(learned["memory_ids"]), learned["duplicates"]) == (3, 1)
    (found,) = post("search", {"role": "system"})["memories"]
    assert (found["text"], found["importance"], found["session"]) == ("tea", 0.9, "s")


def test_a_repeated_request_with_a_key_is_answered_again(post, client, headers):
    body = {"text": "tea"}
    first = post("memories", body, **{"Idempotency-Key": "k"})
    assert post("memories", body, **{"Idempotency-Key": "k"}) == first
    conflict = post("memories", {"text": "other"}, 409, **{"Idempotency-Key": "k"})
    assert conflict["type"] == "urn:continuum:problem:idempotency-conflict"
    refused = post("memories", body, 422, **{"Idempotency-Key": "canary" * 50})
    assert refused["errors"] == [{"field": "idempotency-key", "accepted": "text of 1 to 200 characters"}]
    assert client.get("/v1/stats", headers=headers).json()["repeats"] == 0


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("learn/batch", {"items": []}, "items"),
        ("learn/batch", {"items": [{"text": "x"}] * 1001}, "items"),
        ("learn/batch", {"items": [{"text": "x"}, {"text": "canary\0"}]}, "items[1].text"),
        ("learn/batch", {"items": [{"user_message": "canary"}]}, "items[0].ai_response"),
        ("learn/batch", {"items": ["canary"]}, "items[0]"),
        ("memories", {"text": "x", "role": "canary"}, "role"),
        ("memories", {"text": "x", "importance": 2}, "importance"),
        ("search", {"since": "canary"}, "since"),
        ("search", {"since": "2026-01-01T00:00:00"}, "since"),
        ("search", {"concept": "canary\0"}, "concept"),
        ("search", {"limit": 101}, "limit"),
        ("recall", {"message": "x", "session": "canary" * 100}, "session"),
        ("forget", {}, "body"),
        ("forget", {"memory_id": "canary", "session": "canary"}, "body"),
        ("supersede", {"memory_id": "canary"}, "by"),
    ],
)
def test_what_has_another_form_is_refused_by_field_and_never_repeated(post, path, body, field):
    answer = post(path, body, 422)
    assert field in {error["field"] for error in answer["errors"]}
    assert "canary" not in json.dumps(answer)


def test_search_goes_page_by_page(post):
    post("learn/batch", {"items": [{"text": f"note {number}"} for number in range(5)]})
    first = post("search", {"limit": 3})
    second = post("search", {"limit": 3, "cursor": first["next_cursor"]})
    assert [len(first["memories"]), len(second["memories"]), second["next_cursor"]] == [3, 2, None]
    assert post("search", {"cursor": "canary"}, 422)["type"] == "urn:continuum:problem:invalid-filter"


def test_recall_takes_filters(post):
    for session in ("a", "b"):
        post("memories", {"text": f"tea of {session}", "metadata": {"session": session}})
    found = post("recall", {"message": "tea", "session": "b", "since": "2020-01-01T00:00:00Z"})["memories"]
    assert [memory["text"] for memory in found] == ["tea of b"]


def test_superseding_and_forgetting(post):
    old, new = post("learn/batch", {"items": [{"text": "in Berlin"}, {"text": "in Lisbon"}]})["memory_ids"]
    post("supersede", {"memory_id": old, "by": new}, 204)
    assert post("supersede", {"memory_id": new, "by": old}, 409)["type"].endswith("invalid-succession")
    assert post("forget", {"memory_id": new})["counts"] == {"memories": 1, "repeats": 0}
    assert post("forget", {"memory_id": new}, 404)["type"].endswith("memory-not-found")
    post("memories", {"text": "x", "metadata": {"session": "a/b?c"}})
    receipt = post("forget", {"session": "a/b?c"})
    assert (receipt["kind"], receipt["counts"]["memories"]) == ("session", 1)


def test_an_export_is_imported_again(client, headers, make_key):
    client.post(
        "/v1/learn/batch", json={"items": [{"text": f"note {n}"} for n in range(300)]}, headers=headers
    )
    exported = client.get("/v1/export", headers=headers)
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    assert len(exported.content.splitlines()) == 300
    other = {"X-API-Key": make_key("rival")}
    for new in (300, 0):
        imported = client.post("/v1/import", content=exported.content, headers=other | NDJSON)
        assert imported.json() == {"lines": 300, "new": new, "known": 300 - new, "tenant_id": "rival"}
    broken = client.post("/v1/import", content=b'\n{"text": "canary"}\n', headers=other | NDJSON)
    assert (broken.status_code, broken.json()["line"]) == (422, 2)
    assert "canary" not in broken.text


def test_a_batch_may_have_four_megabytes_and_no_more(client, headers):
    batch = {"items": [{"text": f"{number} " + "x" * 60_000} for number in range(60)]}
    assert client.post("/v1/learn/batch", json=batch, headers=headers).status_code == 200
    batch["items"] *= 2
    assert client.post("/v1/learn/batch", json=batch, headers=headers).status_code == 413


def test_an_operator_erases_a_tenant_and_its_keys_stop_working(client, headers, admin_headers):
    client.post("/v1/memories", json={"text": "tea"}, headers=headers)
    receipt = client.post("/v1/tenants/forget", json={"tenant": "acme"}, headers=admin_headers).json()
    assert receipt["counts"] == {"memories": 1, "repeats": 0, "keys": 1}
    assert client.get("/v1/stats", headers=headers).status_code == 401
    again = client.post("/v1/tenants/forget", json={"tenant": "acme"}, headers=admin_headers)
    assert again.json()["type"] == "urn:continuum:problem:tenant-not-found"
    assert "acme" not in again.text


def test_keys_expire_rotate_and_are_revoked(client, admin_headers):
    def admin(path, body, expected):
        answer = client.post(f"/v1/{path}", json=body, headers=admin_headers)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None

    def works(key):
        return client.get("/v1/stats", headers={"X-API-Key": key}).status_code == 200

    expired = admin("keys", {"tenant": "acme", "expires_at": "2020-01-01T00:00:00Z"}, 201)
    assert not works(expired["key"])
    first = admin("keys", {"tenant": "acme", "scopes": ["read", "sync"]}, 201)
    second = admin("keys/rotate", {"key_id": first["key_id"]}, 201)
    assert (second["scopes"], second["tenant_id"]) == (["read", "sync"], "acme")
    assert works(first["key"])
    assert works(second["key"])
    admin("keys/rotate", {"key_id": second["key_id"], "overlap_seconds": 0}, 201)
    assert not works(second["key"])
    admin("keys/revoke", {"key_id": key_id(first["key"])}, 204)
    assert not works(first["key"])
    assert admin("keys/revoke", {"key_id": "canary"}, 404)["type"].endswith("key-not-found")


def test_the_use_of_a_key_is_noted(client, headers, database, tenant):
    from continuum.storage.keys import list_keys

    assert client.get("/v1/stats", headers=headers).status_code == 200
    with database.read() as connection:
        (entry,) = list_keys(connection, tenant)
    assert entry.last_used_at is not None
