"""Makes the real service fail in every way that has a rule, for two tenants, with canaries in all that they say."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from programs import Reply, Server, environment, free_port

from telemetry.testing.canaries import Canaries

if TYPE_CHECKING:
    from pathlib import Path

TENANTS = ("clinic-by-the-sea", "garage-on-the-hill")
RELEASE = "continuum@4.5.6+e2e"
ENVIRONMENT = "staging"
_SCOPES = ("--scope", "read", "--scope", "write", "--scope", "admin")


class FailingService:
    """The service, with no server behind its ``REDIS_URL``, on a database that somebody else interferes with."""

    def __init__(self, home: Path, dsn: str) -> None:
        self.canaries = Canaries()
        self.traces: dict[str, list[str]] = {}
        """The trace ids of failed requests, by what was wrong."""
        file = home / "memory.db"
        settings = {
            "SENTRY_DSN": dsn,
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "CONTINUUM_RELEASE": RELEASE,
            "CONTINUUM_ENV": ENVIRONMENT,
            "DATABASE_URL": f"sqlite:///{file}",
            "REDIS_URL": f"redis://:{self.canaries('redis password')}@127.0.0.1:{free_port()}/0",
            "CONTINUUM_CACHE_ENABLED": "true",
        }
        for tenant in TENANTS:
            self.canaries.remember("tenant", tenant)
        keys = [self._key(tenant, home, settings) for tenant in TENANTS]
        with Server("continuum.api.server:app", home=home, settings=settings) as server:
            self._server = server
            self._fail(file, keys)
            self.ledger = self._settled(keys[0])
            server.end()

    def _fail(self, file: Path, keys: list[str]) -> None:
        for key in keys:
            assert self._do("/v1/learn", self._turn(), key).status == 200
        for key in keys:  # the first of them finds out that Redis is away
            assert self._do("/v1/recall", self._question(), key).status == 200
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            self._all_fail("test", "/v1/telemetry/test-error", dict, keys)
            other.execute(
                "CREATE TRIGGER refusing BEFORE INSERT ON memories BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
            self._all_fail("learn", "/v1/learn", self._turn, keys)
            other.execute("DROP TRIGGER refusing")
            other.execute("BEGIN IMMEDIATE")
            self._all_fail("locked", "/v1/learn", self._turn, keys[:1])
            other.execute("ROLLBACK")
            other.execute("ALTER TABLE memories RENAME COLUMN importance TO weight")
            self._all_fail("recall", "/v1/recall", self._question, keys)

    def _all_fail(self, what: str, path: str, body: Any, keys: list[str]) -> None:
        answers = [self._do(path, body(), key) for key in keys]
        assert {answer.status for answer in answers} == {500}
        self.traces[what] = [answer.json()["trace_id"] for answer in answers]

    def _do(self, path: str, body: dict[str, Any], key: str) -> Reply:
        headers = {
            "X-API-Key": key,
            "Content-Type": "application/json",
            "User-Agent": self.canaries.sentence("agent"),
            "Cookie": f"session={self.canaries('cookie')}",
        }
        return self._server.call(
            f"{path}?q={self.canaries('query')}", method="POST", headers=headers, body=json.dumps(body)
        )

    def _turn(self) -> dict[str, Any]:
        return {
            "user_message": self.canaries.sentence("said"),
            "ai_response": self.canaries.sentence("answered"),
            "metadata": {self.canaries("metadata key"): self.canaries("metadata")},
        }

    def _question(self) -> dict[str, Any]:
        return {"message": self.canaries.sentence("asked")}

    def _settled(self, key: str) -> dict[str, Any]:
        """What telemetry counted, once no error is on its way any more."""
        deadline = time.monotonic() + 20
        while True:
            ledger = self._server.call("/v1/telemetry/status", headers={"X-API-Key": key}).json()["ledger"]
            if not ledger["in_flight"].get("error") or time.monotonic() > deadline:
                return dict(ledger)
            time.sleep(0.2)

    def _key(self, tenant: str, home: Path, settings: dict[str, str]) -> str:
        command = [sys.executable, "-m", "continuum.cli", "keys", "create", tenant, *_SCOPES]
        env = environment(home, {"DATABASE_URL": settings["DATABASE_URL"]})
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        return self.canaries.remember("API key", done.stdout.strip())
