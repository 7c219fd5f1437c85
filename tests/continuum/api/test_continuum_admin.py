def test_a_new_key_works_at_once_and_its_tenant_is_listed(client, admin_headers):
    answer = client.post(
        "/v1/keys", json={"tenant": "new", "scopes": ["read", "read"]}, headers=admin_headers
    )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["tenant_id"], body["scopes"]) == ("new", ["read"])
    assert body["key_id"] in body["key"]
    assert client.get("/v1/stats", headers={"X-API-Key": body["key"]}).json()["tenant_id"] == "new"
    tenants = client.get("/v1/tenants", headers=admin_headers).json()["tenants"]
    assert [tenant["tenant_id"] for tenant in tenants] == ["operators", "new"]


def test_a_bad_tenant_name_or_scope_is_refused_without_being_repeated(client, admin_headers):
    for body in (
        {"tenant": "ca nary"},
        {"tenant": "x", "scopes": ["ca nary"]},
        {"tenant": "x", "scopes": []},
    ):
        answer = client.post("/v1/keys", json=body, headers=admin_headers)
        assert answer.status_code == 422
        assert "ca nary" not in answer.text


def test_telemetry_status_is_shown(client, admin_headers):
    answer = client.get("/v1/telemetry/status", headers=admin_headers)
    assert answer.status_code == 200
    assert answer.json()["active"] is False


def test_the_test_error_is_an_ordinary_unexpected_error(client, admin_headers):
    answer = client.post("/v1/telemetry/test-error", headers=admin_headers)
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:continuum:problem:internal-error"
    assert "asked for" not in answer.text
