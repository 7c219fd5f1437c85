import json
import signal
import sqlite3
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest


@pytest.fixture
def service(spawn, port, database):
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "uvicorn",
        "continuum.api.server:app",
        "--port",
        str(port),
    ]
    return spawn(command, port)


def call(port, path, body=None, key="", method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data,
        {"X-API-Key": key, "Content-Type": "application/json"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_a_real_server_learns_from_many_clients_at_once_and_stops_cleanly(service, port, make_key, database):
    keys = {name: make_key(name) for name in ("acme", "rival")}

    def learn(number):
        name = "acme" if number % 2 else "rival"
        body = {"user_message": f"{name} note {number}", "ai_response": f"{name} answer {number}"}
        return call(port, "/v1/turn", body, keys[name])[0]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(learn, range(80))) == {200}
    for name, key in keys.items():
        assert call(port, "/v1/stats", key=key)[1]["memories"] == 80
        found = call(port, "/v1/recall", {"message": "note answer", "max_concepts": 100}, key)[1]["memories"]
        assert len(found) == 80
        assert all(memory["text"].startswith(name) for memory in found)
    database.close()
    service.send_signal(signal.SIGTERM)
    output, _ = service.communicate(timeout=20)
    assert "Application shutdown complete" in output
    # The last connection folded the write-ahead log into the file.
    assert not Path(f"{database.path}-wal").exists()
    with sqlite3.connect(database.path) as connection:
        assert connection.execute("SELECT count(*) FROM memories").fetchone() == (160,)
    connection.close()


def test_its_log_shows_where_an_error_was_raised_and_nothing_that_anyone_wrote(
    service, port, make_key, database
):
    key = make_key("canarytenant", "read", "write", "admin")
    call(port, "/v1/learn", {"user_message": "canary", "ai_response": "canary"}, key)
    with database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER no BEFORE INSERT ON memories BEGIN SELECT RAISE(ABORT, 'canary'); END"
        )
    status, body = call(port, "/v1/learn", {"user_message": "canary two", "ai_response": "canary"}, key)
    assert (status, body["title"]) == (500, "Internal Server Error")
    assert call(port, "/v1/telemetry/test-error", {}, key)[0] == 500
    service.send_signal(signal.SIGTERM)
    output, _ = service.communicate(timeout=20)
    assert "sqlalchemy.exc.IntegrityError (message withheld)" in output
    assert "in store_memories" in output
    assert "continuum.core.errors.TelemetryTestError: this error was asked for" in output
    assert "canary" not in output
    assert key not in output
