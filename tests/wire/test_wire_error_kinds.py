"""Errors of each kind that a server meets, made by the real failure: one event each, of its own type and linked."""

from __future__ import annotations

import importlib.util
import json
import secrets
import socket
import sqlite3
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from programs import HASH_KEY, Server, valkey

from continuum.core.credentials import SCOPES
from continuum.storage.database import open_database
from continuum.storage.keys import create_key
from continuum.storage.tenants import ensure_tenant
from telemetry.privacy.tenants import Pseudonyms
from telemetry.testing import leaks
from telemetry.testing.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.testing.signals import Span

SAID = "Roswitha-says-that-Ottokar-gambles"
TENANT = "clinic-of-roswitha"
KNOWN_AS = {"id": Pseudonyms(HASH_KEY).of("tenant", TENANT)}
CHAINED = {
    "raised": ["LookupError"],
    "captured": ["LookupError"],
    "group": ["LookupError", "ValueError", "ExceptionGroup"],
    "statement": ["sqlite3.OperationalError", "sqlalchemy.exc.OperationalError"],
    "integrity": ["sqlite3.IntegrityError", "sqlalchemy.exc.IntegrityError"],
    "terminated": ["psycopg.errors.AdminShutdown", "sqlalchemy.exc.OperationalError"],
    "background": ["LookupError"],
    "thread": ["LookupError"],
    "task": ["LookupError"],
    "locked": [
        "sqlite3.OperationalError",
        "sqlalchemy.exc.OperationalError",
        "continuum.core.errors.LearnError",
    ],
    "cache": ["ConnectionRefusedError", "redis.exceptions.ConnectionError"],
}
"""The types of each kind's exceptions, the innermost first, as Sentry wants them."""
HANDLED = {"captured", "cache"}
ROUTES = [*list(CHAINED)[:9], "cancelled"]

pytestmark = pytest.mark.xdist_group("error-kinds")


@dataclass
class Failed:
    """What came of each kind of failure: the trace it happened in, and everything that arrived."""

    sink: Sink
    traces: dict[str, str] = field(default_factory=dict)
    answers: dict[str, list[int]] = field(default_factory=dict)

    def events(self, kind: str) -> list[dict[str, Any]]:
        return self.sink.errors_of(self.traces[kind], timeout=0)

    def spans(self, kind: str) -> list[Span]:
        return self.sink.whole(self.traces[kind])


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failed]:
    """Everything fails once, in one service."""
    home = tmp_path_factory.mktemp("failing")
    file = home / "memory.db"
    with Sink() as sink, postgres() as postgres_url, valkey(home / "valkey") as redis_port:
        database = open_database(file)
        with database.write() as connection:
            key = create_key(connection, ensure_tenant(connection, TENANT), SCOPES)
        database.close()
        settings = {
            "SENTRY_DSN": sink.dsn(),
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "DATABASE_URL": f"sqlite:///{file}",
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
            "CONTINUUM_CACHE_ENABLED": "true",
            "FAILING_POSTGRES": postgres_url,
        }
        with Server("failing:app", home=home, settings=settings) as server:
            failed = Failed(sink)
            for route in ROUTES:
                path = f"/{route}?said={SAID}"
                failed.traces[route] = server.trace(path, headers={"X-Tenant-Id": TENANT})
            failed.traces["left"] = server.trace("/left")

            def ask(kind: str, path: str, body: dict[str, str]) -> None:
                trace_id = secrets.token_hex(16)
                failed.traces.setdefault(kind, trace_id)
                headers = {
                    "X-API-Key": key,
                    "Content-Type": "application/json",
                    "traceparent": f"00-{trace_id}-{'b' * 16}-01",
                }
                reply = server.call(path, method="POST", headers=headers, body=json.dumps(body))
                failed.answers.setdefault(kind, []).append(reply.status)

            with closing(sqlite3.connect(file, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                ask("locked", "/v1/learn", {"user_message": SAID, "ai_response": SAID})
            stop_valkey(redis_port)
            for _ in range(6):
                ask("cache", "/v1/recall", {"message": SAID})
            for route in ("slow", "endless"):
                failed.traces[route] = secrets.token_hex(16)
                head = f"Host: x\r\ntraceparent: 00-{failed.traces[route]}-{'b' * 16}-01\r\n"
                with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
                    connection.sendall(f"GET /{route} HTTP/1.1\r\n{head}\r\n".encode())
                    time.sleep(0.1)
            server.end()
        yield failed


@contextmanager
def postgres() -> Iterator[str]:
    """A real server, and the address of one of its databases."""
    path = Path(__file__).parents[1] / "continuum" / "real_postgres.py"
    spec = importlib.util.spec_from_file_location("real_postgres", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.Postgres()
    try:
        yield server.url("admin", "postgres").replace("postgresql:", "postgresql+psycopg:")
    finally:
        server.stop()


def stop_valkey(port: int) -> None:
    import redis

    with redis.Redis(port=port) as client:
        client.shutdown(nosave=True)


@pytest.mark.parametrize("kind", CHAINED)
def test_an_error_of_each_kind_arrives_once_with_its_types_and_its_trace(failed: Failed, kind: str) -> None:
    (event,) = failed.events(kind)
    values = event["exception"]["values"]
    assert [".".join(filter(None, (value.get("module"), value["type"]))) for value in values] == CHAINED[kind]
    assert {value["mechanism"]["handled"] for value in values} == {kind in HANDLED}
    assert all(value["stacktrace"]["frames"] for value in values[-1:])
    spans = {span.span_id: span for span in failed.spans(kind)}
    assert event["contexts"]["trace"]["span_id"] in spans
    (server,) = [span for span in spans.values() if span.kind == "SERVER"]
    assert event.get("transaction") == (server.name if kind != "task" else None)  # its request was over
    assert event["user"] == KNOWN_AS
    told = {"locked": {"memory_operation": "learn"}, "cache": {"operation": "cache"}}
    assert told.get(kind, {"operation": "failing"}).items() <= event["tags"].items()


def test_the_answer_and_the_span_tell_what_the_caller_saw(failed: Failed) -> None:
    def server(kind: str) -> tuple[str, Any]:
        (span,) = [span for span in failed.spans(kind) if span.kind == "SERVER"]
        return span.status, span.attributes["http.response.status_code"]

    broken = ("raised", "captured", "group", "statement", "integrity", "terminated", "locked")
    assert {server(kind) for kind in broken} == {("ERROR", 500)}
    assert {server(kind) for kind in ("background", "thread", "task")} == {("UNSET", 200)}


def test_the_members_of_a_group_are_its_children(failed: Failed) -> None:
    (event,) = failed.events("group")
    *members, group = [value["mechanism"] for value in event["exception"]["values"]]
    assert group["is_exception_group"] is True
    assert [member["parent_id"] for member in members] == [group["exception_id"]] * 2


def test_a_failed_statement_is_told_as_its_template(failed: Failed) -> None:
    (event,) = failed.events("statement")
    assert event["contexts"]["otel"]["attributes"] == {
        "db.system.name": "sqlite",
        "db.operation.name": "SELECT",
        "db.collection.name": "nowhere",
        "db.query.text": "SELECT owner FROM nowhere WHERE owner = ? AND note = ?",
    }
    assert not leaks.find("a quoted note", failed.sink.requests)
    (locked,) = failed.events("locked")
    assert locked["contexts"]["otel"]["attributes"]["db.query.text"] == "BEGIN IMMEDIATE"
    (lost,) = failed.events("terminated")
    assert lost["contexts"]["otel"]["attributes"]["db.system.name"] == "postgresql"


def test_a_cache_that_is_down_costs_nobody_an_answer_and_one_event(failed: Failed) -> None:
    assert failed.answers["cache"] == [200] * 6
    (event,) = failed.events("cache")
    assert event["level"] == "warning"
    (asked,) = [span for span in failed.spans("cache") if span.name == "HMGET"]
    assert asked.status == "ERROR"


def test_a_task_that_nobody_awaited_belongs_to_the_request_that_started_it(failed: Failed) -> None:
    assert not failed.events("left")  # which collected it
    (event,) = failed.events("task")
    assert event["user"] == KNOWN_AS


def test_a_cancelled_request_is_no_error_and_its_work_is_flagged(failed: Failed) -> None:
    assert not failed.events("cancelled")
    spans = {span.name: span for span in failed.spans("cancelled")}
    assert [name for name, _ in spans["memory.recall"].events] == ["cancelled"]
    assert (spans["memory.recall"].status, spans["GET /cancelled"].status) == ("UNSET", "UNSET")


@pytest.mark.parametrize("route", ["slow", "endless"])
def test_a_request_whose_client_has_left_is_no_error_and_is_flagged(failed: Failed, route: str) -> None:
    assert not failed.events(route)
    (span,) = failed.spans(route)
    assert ([name for name, _ in span.events], span.status) == (["cancelled"], "UNSET")


def test_a_request_that_was_answered_is_not_flagged(failed: Failed) -> None:
    flagged = {span.name for span in failed.sink.servers() if "cancelled" in dict(span.events)}
    assert flagged == {"GET /slow", "GET /endless"}


def test_nothing_arrives_twice_and_nothing_that_was_said(failed: Failed) -> None:
    times = Counter(event["contexts"]["trace"]["trace_id"] for event in failed.sink.errors())
    assert set(times.values()) == {1}, times
    assert len(times) == len(CHAINED)
    for private in (SAID, TENANT, "Roswitha"):
        assert not leaks.seen(private, failed.sink.requests)
