"""Makes the real service fail in every way that has a rule, and hands over the events that it sent."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

# The programs of the wire tests are no package; their folder has to be on the path.
sys.path.insert(0, str(Path(__file__).parents[2] / "wire"))
from programs import Reply, Server, environment, free_port

from telemetry.testing.sink import Sink

TENANTS = ("clinic-by-the-sea", "garage-on-the-hill")
_SAID = {"user_message": "my brother gambles again", "ai_response": "there is a helpline on Thursdays"}
_ASKED = {"message": "who gambles"}
_SCOPES = ("--scope", "read", "--scope", "write", "--scope", "admin")


def of_the_service(home: Path) -> dict[str, list[dict[str, Any]]]:
    """Events by what was done to the service: of both tenants, except where one of them had to wait for a lock."""
    file = home / "memory.db"
    events: dict[str, list[dict[str, Any]]] = {}
    with Sink() as sink:
        settings = {"SENTRY_DSN": sink.dsn(), "DATABASE_URL": f"sqlite:///{file}"}
        keys = [_key(tenant, home, settings) for tenant in TENANTS]
        with Server("continuum.api.server:app", home=home, settings=settings) as server:

            def failing(path: str, body: dict[str, Any], keys: list[str], method: str = "POST") -> list[Any]:
                return [_event_of(sink, _call(server, path, body, key, method)) for key in keys]

            memory, _ = (_learned(server, key) for key in keys)
            events["test"] = failing("/v1/telemetry/test-error", {}, keys)
            with closing(sqlite3.connect(file, isolation_level=None)) as other:
                other.execute(
                    "CREATE TRIGGER refusing BEFORE INSERT ON memories BEGIN SELECT RAISE(ABORT, 'no'); END"
                )
                events["learn"] = failing("/v1/learn", {**_SAID, "user_message": "Something new"}, keys)
                other.execute("DROP TRIGGER refusing")
                other.execute(
                    "CREATE TRIGGER keeping BEFORE DELETE ON memories BEGIN SELECT RAISE(ABORT, 'no'); END"
                )
                events["forget"] = failing(f"/v1/memories/{memory}", {}, keys[:1], "DELETE")
                other.execute("DROP TRIGGER keeping")
                other.execute("BEGIN IMMEDIATE")
                events["locked"] = failing("/v1/learn", _SAID, keys[:1])
                other.execute("ROLLBACK")
                other.execute("ALTER TABLE memories RENAME COLUMN importance TO weight")
                events["recall"] = failing("/v1/recall", _ASKED, keys)
    return events


def of_a_program_without_redis(home: Path) -> dict[str, Any]:
    """The event of a program whose Redis is down. The service itself goes on without its cache and sends none."""
    with Sink() as sink:
        settings = {
            "SENTRY_DSN": sink.dsn(),
            "FOREIGN_DATABASE": str(home / "items.db"),
            "FOREIGN_REDIS": str(free_port()),
        }
        with Server("foreign:app", home=home / "foreign", settings=settings) as server:
            trace_id = server.trace("/items/1")
            (event,) = sink.errors_of(trace_id)
    return dict(event)


def _key(tenant: str, home: Path, settings: dict[str, str]) -> str:
    command = [sys.executable, "-m", "continuum.cli", "keys", "create", tenant, *_SCOPES]
    env = environment(home, {"DATABASE_URL": settings["DATABASE_URL"]})
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()


def _call(server: Server, path: str, body: dict[str, Any], key: str, method: str = "POST") -> Reply:
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    return server.call(path, method=method, headers=headers, body=json.dumps(body))


def _learned(server: Server, key: str) -> str:
    assert _call(server, "/v1/learn", _SAID, key).status == 200
    return str(_call(server, "/v1/recall", _ASKED, key).json()["memories"][0]["id"])


def _event_of(sink: Sink, answer: Reply) -> dict[str, Any]:
    assert answer.status == 500, answer.body
    (event,) = sink.errors_of(answer.json()["trace_id"])
    return dict(event)
