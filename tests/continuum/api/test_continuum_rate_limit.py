import pytest
from fastapi.testclient import TestClient

from continuum.core.credentials import key_id, new_key
from continuum.core.settings import Settings


@pytest.fixture
def limited(place, database, create_app):
    app = create_app(Settings(place, rate_limit=60, rate_burst=3))
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def test_too_many_requests_are_refused_with_the_time_to_wait(limited, headers):
    answers = [limited.get("/v1/stats", headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].headers["retry-after"] == "1"
    assert answers[3].headers["content-type"] == "application/problem+json"
    assert answers[3].json()["type"] == "urn:continuum:problem:rate-limited"
    assert "acme" not in answers[3].text


def test_a_tenants_other_key_and_whoever_needs_none_are_not_limited_by_it(limited, headers, make_key):
    for _ in range(4):
        limited.get("/v1/stats", headers=headers)
    assert limited.get("/v1/stats", headers={"X-API-Key": make_key("acme")}).status_code == 200
    assert [limited.get("/v1/health").status_code for _ in range(5)] == [200] * 5


def test_nobody_uses_a_key_up_by_guessing_with_its_id(limited, headers):
    forged = headers["X-API-Key"][:11] + new_key()[11:]
    assert key_id(forged) == key_id(headers["X-API-Key"])
    assert {limited.get("/v1/stats", headers={"X-API-Key": forged}).status_code for _ in range(9)} == {401}
    assert limited.get("/v1/stats", headers=headers).status_code == 200


def test_what_was_refused_was_not_done(limited, headers):
    answers = [limited.post("/v1/memories", json={"text": f"t {n}"}, headers=headers) for n in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
    fresh = {"X-API-Key": headers["X-API-Key"]}
    limited.app.state.limiter = None
    assert limited.get("/v1/stats", headers=fresh).json()["memories"] == 3
