"""Without the extra `monitoring` the service runs, and every telemetry call does nothing."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys
for name in ("opentelemetry.sdk", "opentelemetry.instrumentation", "sentry_sdk", "urllib3"):
    sys.modules[name] = None  # imports of it now fail as if it were not installed
import telemetry
from fastapi.testclient import TestClient
from continuum.api.server import app
with TestClient(app) as client:
    health = client.get("/v1/health").status_code
telemetry.bind_tenant("acme")
telemetry.register_content("a text")
answers = [
    telemetry.is_active(),
    telemetry.capture_exception(ValueError()),
    telemetry.current_trace_id(),
    telemetry.flush(),
]
telemetry.shutdown()
print(json.dumps({"health": health, "answers": answers, "status": telemetry.status()}))
"""


def run(tmp_path, **environ: str):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"HOME": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/m.db", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def test_nothing_is_asked_for_and_nothing_is_said(tmp_path):
    answer, log = run(tmp_path)
    assert answer["health"] == 200
    assert answer["answers"] == [False, None, None, True]
    assert answer["status"] == {
        "active": False,
        "available": False,
        "reason": "neither SENTRY_DSN nor OTLP endpoint",
    }
    assert "telemetry" not in log


def test_a_dsn_without_the_extra_is_told_once(tmp_path):
    answer, log = run(tmp_path, SENTRY_DSN="http://abc@127.0.0.1:9/1")
    assert answer["health"] == 200
    assert answer["status"]["active"] is False
    assert log.count("continuum-memory[monitoring]") == 1
