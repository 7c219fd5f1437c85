import asyncio
from datetime import timedelta

import pytest

from continuum.core.credentials import key_id, new_key
from continuum.storage.database import open_database
from continuum.storage.keys import create_key, revoke_key, rotate_key

READ_ROUTES = [
    ("POST", "/v1/recall", {"message": "x"}),
    ("GET", "/v1/stats", None),
    ("GET", "/v1/entities", None),
    ("GET", "/v1/export", None),
    ("POST", "/v1/search", {}),
]
WRITE_ROUTES = [
    ("POST", "/v1/learn", {"user_message": "x", "ai_response": "y"}),
    ("POST", "/v1/turn", {"user_message": "x", "ai_response": "y"}),
    ("DELETE", "/v1/memories/x", None),
    ("POST", "/v1/memories", {"text": "x"}),
    ("POST", "/v1/learn/batch", {"items": [{"text": "x"}]}),
    ("POST", "/v1/supersede", {"memory_id": "x", "by": "y"}),
    ("POST", "/v1/forget", {"memory_id": "x"}),
    ("POST", "/v1/import", None),
    ("GET", "/v1/sync/receipts/x", None),
]
SYNC_ROUTES = [(method, "/v1/sync/changes", None) for method in ("GET", "POST", "DELETE")]
ADMIN_ROUTES = [
    ("GET", "/v1/tenants", None),
    ("POST", "/v1/keys", {"tenant": "new"}),
    ("POST", "/v1/keys/rotate", {"key_id": "x"}),
    ("POST", "/v1/keys/revoke", {"key_id": "x"}),
    ("POST", "/v1/tenants/forget", {"tenant": "acme"}),
    ("GET", "/v1/telemetry/status", None),
    ("POST", "/v1/telemetry/test-error", None),
]


def test_the_lists_above_name_every_route(client):
    listed = {(method, path) for method, path, _ in READ_ROUTES + WRITE_ROUTES + ADMIN_ROUTES + SYNC_ROUTES}
    document = client.get("/openapi.json").json()["paths"]
    found = {(method.upper(), path) for path, methods in document.items() for method in methods}
    assert {
        (method, path.replace("{memory_id}", "x").replace("{receipt_id}", "x")) for method, path in found
    } == listed | {("GET", "/v1/health")}


@pytest.mark.parametrize("route", READ_ROUTES + WRITE_ROUTES + ADMIN_ROUTES + SYNC_ROUTES)
def test_every_route_but_health_needs_a_key(client, route):
    method, path, body = route
    answer = client.request(method, path, json=body)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "ApiKey"
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_bad_key_gets_the_same_answer(client, database, make_key):
    revoked = make_key("acme")
    with database.write() as connection:
        revoke_key(connection, key_id(revoked))
    good = make_key("acme")
    bad = ["", "x", "cm_", new_key(), good[:-1] + ("A" if good[-1] != "A" else "B"), revoked, good + "A"]
    answers = [client.get("/v1/stats", headers={"X-API-Key": key}) for key in bad] + [client.get("/v1/stats")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert client.get("/v1/stats", headers={"X-API-Key": good}).status_code == 200


def test_a_key_in_use_ends_at_once_when_another_process_revokes_or_replaces_it(client, database, tenant):
    with database.write() as connection:
        keys = [create_key(connection, tenant, ["read"]) for _ in range(2)]

    def ask():
        return [client.get("/v1/stats", headers={"X-API-Key": key}).status_code for key in keys]

    assert ask() == [200, 200]
    other_process = open_database(database.place)
    with other_process.write() as connection:
        revoke_key(connection, key_id(keys[0]))
    assert ask() == [401, 200]
    with other_process.write() as connection:
        rotate_key(connection, key_id(keys[1]), timedelta(0))
    assert ask() == [401, 401]
    other_process.close()


@pytest.mark.parametrize("at_once", [True, False])
def test_a_key_is_looked_up_on_the_event_loop_only_when_nobody_else_is_asked(client, headers, at_once):
    places = []

    class Watching:
        answers_at_once = at_once

        def take(self, _name):
            try:
                places.append(asyncio.get_running_loop() is not None)
            except RuntimeError:
                places.append(False)
            return 0.0

    client.app.state.limiter = Watching()
    assert client.get("/v1/stats", headers=headers).status_code == 200
    assert places == [at_once]


@pytest.mark.parametrize(
    ("scopes", "routes"),
    [
        (("read", "write"), ADMIN_ROUTES),
        (("read", "admin"), WRITE_ROUTES),
        (("write", "admin"), READ_ROUTES + WRITE_ROUTES[1:2]),
        (("read", "write", "admin"), SYNC_ROUTES),
    ],
)
def test_a_key_without_the_scope_is_denied(client, make_key, scopes, routes):
    headers = {"X-API-Key": make_key("acme", *scopes)}
    for method, path, body in routes:
        answer = client.request(method, path, json=body, headers=headers)
        assert answer.status_code == 403, path
        assert answer.json()["needed_scope"] not in scopes


def test_the_tenant_is_named_to_telemetry_once_the_key_is_known(client, headers, monkeypatch):
    import telemetry

    bound = []
    monkeypatch.setattr(telemetry, "bind_tenant", bound.append)
    client.get("/v1/stats")
    client.get("/v1/stats", headers=headers)
    assert bound == ["acme"]


def test_texts_are_registered_as_content_when_they_come_in_and_when_they_come_from_storage(
    client, headers, monkeypatch
):
    import telemetry

    registered = []
    monkeypatch.setattr(telemetry, "register_content", lambda *texts: registered.extend(texts))
    client.post("/v1/learn", json={"user_message": "green tea", "ai_response": "noted"}, headers=headers)
    client.post("/v1/recall", json={"message": "tea?"}, headers=headers)
    assert registered == ["green tea", "noted", "tea?", "green tea"]
