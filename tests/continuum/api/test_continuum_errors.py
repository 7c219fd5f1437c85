import pytest
from fastapi.testclient import TestClient

from continuum import __version__
from continuum.core.errors import LearnError, TelemetryTestError
from continuum.core.settings import Settings


def test_health_answers_without_key_and_without_database(tmp_path, create_app):
    # Not entered, the client starts no lifespan: there is no database.
    answer = TestClient(create_app(Settings(tmp_path / "none.db"))).get("/v1/health")
    assert answer.json() | {"timestamp": ""} == {
        "status": "ok",
        "service": "continuum",
        "version": __version__,
        "timestamp": "",
    }
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/canary", 404), ("PUT", "/v1/learn", 405), ("GET", "/docs", 404)]
)
def test_what_is_no_route_is_a_problem_too(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert "canary" not in answer.text


def test_an_unexpected_error_tells_nothing_of_itself_and_is_still_raised(client, headers, database):
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE repeats")
        connection.exec_driver_sql("DROP TABLE memories")
    body = {"user_message": "canary", "ai_response": "canary"}
    answer = client.post("/v1/learn", json=body, headers=headers)
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "urn:continuum:problem:internal-error",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "something went wrong on our side",
    }
    with TestClient(client.app) as raising, pytest.raises(LearnError):
        raising.post("/v1/learn", json=body, headers=headers)


def test_a_problem_carries_the_trace_id_when_there_is_one(client, monkeypatch):
    import telemetry

    monkeypatch.setattr(telemetry, "current_trace_id", lambda: "0af7651916cd43dd8448eb211c80319c")
    assert client.get("/v1/stats").json()["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


def test_the_test_error_comes_from_a_few_frames_below_the_route(client, admin_headers):
    with TestClient(client.app) as raising, pytest.raises(TelemetryTestError) as caught:
        raising.post("/v1/telemetry/test-error", headers=admin_headers)
    names = [entry.name for entry in caught.traceback]
    assert names[-4:] == ["test_error", "raise_test_error", "_review", "_fail"]


def test_only_listed_origins_may_call_from_a_browser(tmp_path, create_app):
    app = create_app(Settings(tmp_path / "a.db", cors_origins=("https://app.example",)))
    ask = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key, idempotency-key, sentry-trace",
    }
    client = TestClient(app)
    allowed = client.options("/v1/learn", headers=ask | {"Origin": "https://app.example"})
    refused = client.options("/v1/learn", headers=ask | {"Origin": "https://other.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in refused.headers
