"""The memory service at the wire: the same telemetry by the launcher and by `continuum serve`, and nothing said."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from programs import BIN, HASH_KEY, Program, Reply, Server, environment, free_port, valkey

from telemetry.privacy.tenants import Pseudonyms
from telemetry.testing import leaks
from telemetry.testing.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TENANT = "clinic-of-roswitha"
SAID = "Roswitha told me that her brother Ottokar gambles again"
ANSWERED = "Ottokar may want to call the helpline on Thursday"
ASKED = "What about Ottokar and Roswitha"
PRIVATE = [SAID, ANSWERED, ASKED, TENANT, "helpline on Thursday"]

pytestmark = pytest.mark.xdist_group("service")


class Served(Server):
    """`continuum serve`, without the launcher."""

    def __init__(self, *, home: Path, settings: dict[str, str]) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "continuum.cli", "serve", "--port", str(self.port)]
        Program.__init__(self, command, home=home, settings=settings, launcher=False)
        self._wait_until_healthy()


@dataclass(frozen=True)
class Service:
    """The service, a key for it, and where its telemetry goes."""

    server: Server
    sink: Sink
    key: str
    home: Path

    def post(self, path: str, body: dict[str, Any] | None = None) -> Reply:
        return self.server.call(
            path,
            method="POST",
            headers={"X-API-Key": self.key, "Content-Type": "application/json"},
            body=json.dumps(body or {}),
        )


@pytest.fixture(scope="module", params=["launcher", "continuum serve"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("service")
    with Sink() as sink, valkey(home / "valkey") as redis_port:
        settings = {
            "SENTRY_DSN": sink.dsn(),
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
            "CONTINUUM_CACHE_ENABLED": "true",
            "DATABASE_URL": f"sqlite:///{home}/memory.db",
        }
        made = subprocess.run(
            [
                sys.executable,
                "-m",
                "continuum.cli",
                "keys",
                "create",
                TENANT,
                "--scope",
                "read",
                "--scope",
                "write",
                "--scope",
                "admin",
            ],
            env=environment(home, {"DATABASE_URL": settings["DATABASE_URL"]}),
            capture_output=True,
            text=True,
            check=True,
        )
        start = {
            "launcher": lambda: Server("continuum.api.server:app", home=home, settings=settings),
            "continuum serve": lambda: Served(home=home, settings=settings),
        }[request.param]
        with start() as server:
            yield Service(server, sink, made.stdout.strip(), home)


def test_learn_recall_and_an_error_arrive_linked_and_nothing_that_was_said(service: Service) -> None:
    assert service.post("/v1/learn", {"user_message": SAID, "ai_response": ANSWERED}).status == 200
    recalled = service.post("/v1/recall", {"message": ASKED})
    assert SAID in recalled.json()["context"]
    failed = service.post("/v1/telemetry/test-error")
    assert failed.status == 500
    trace_id = failed.json()["trace_id"]

    (error,) = service.sink.errors_of(trace_id)
    spans = service.sink.whole(trace_id)
    (server,) = [span for span in spans if span.kind == "SERVER"]
    assert error["contexts"]["trace"]["span_id"] == server.span_id
    assert error["transaction"] == server.name == "POST /v1/telemetry/test-error"
    assert error["release"] == server.resource["sentry.release"]
    assert error["release"].startswith("continuum@0.3.0")  # with the commit, in a checkout
    assert error["exception"]["values"][-1]["type"] == "TelemetryTestError"
    assert (
        error["exception"]["values"][-1]["stacktrace"]["frames"][-1]["filename"]
        == "continuum/core/selftest.py"
    )
    assert any(span.name.startswith("SELECT ") for span in spans)

    pseudonym = Pseudonyms(HASH_KEY).of("tenant", TENANT)
    assert error["user"] == {"id": pseudonym}
    assert service.sink.wait_for(
        lambda sink: {"POST /v1/learn", "POST /v1/recall"} <= {s.name for s in sink.servers()}
    )
    for name in ("POST /v1/learn", "POST /v1/recall"):
        (trace,) = [
            spans for spans in service.sink.traces().values() if name in {span.name for span in spans}
        ]
        assert {span.attributes.get("continuum.tenant.hash") for span in trace} == {pseudonym}
    names = {span.name for span in service.sink.spans()}
    assert "INSERT memories" in names
    assert names & {"HGET", "GET", "HGETALL", "HMGET"}
    for private in (*PRIVATE, service.key):
        assert not leaks.seen(private, service.sink.requests)


def test_what_went_wrong_with_a_request_is_no_error(service: Service) -> None:
    before = len(service.sink.errors())
    assert service.server.call("/v1/stats").status == 401
    assert service.server.call("/nowhere").status == 404
    assert service.post("/v1/recall", {"invalid": SAID}).status == 422
    marker = service.post("/v1/telemetry/test-error").json()["trace_id"]
    assert service.sink.errors_of(marker)
    assert len(service.sink.errors()) == before + 1
    assert not leaks.seen(SAID, service.sink.requests)


def test_the_last_forty_requests_arrive_when_the_service_is_told_to_end(tmp_path: Path) -> None:
    with Sink() as sink:
        settings = {"SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "1"}
        with Server("continuum.api.server:app", home=tmp_path, settings=settings) as server:
            threads = [
                threading.Thread(target=lambda: [server.call("/v1/health") for _ in range(10)])
                for _ in range(4)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            server.end()
            assert len([span for span in sink.servers() if span.name == "GET /v1/health"]) == 40


def test_the_service_answers_when_the_backend_has_gone(tmp_path: Path) -> None:
    with Sink() as sink:
        settings = {"SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "1"}
        with Server("continuum.api.server:app", home=tmp_path, settings=settings) as server:
            assert server.call("/v1/health").status == 200
            sink.close()
            assert [server.call("/v1/health").status for _ in range(20)] == [200] * 20
            assert server.call("/v1/stats").status == 401
            server.end()
            assert not re.search(r"Traceback", server.log)


def test_both_programs_are_there() -> None:
    assert (BIN / "opentelemetry-instrument").exists()
    assert (BIN / "continuum").exists()
