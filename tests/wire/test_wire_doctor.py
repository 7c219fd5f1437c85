"""The doctor against real backends: what each answered is said, and error and trace are linked."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from programs import BIN, Listening, environment, free_port

from telemetry.testing.sink import Answer, SilentSink

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from telemetry.testing.sink import Sink

SENTRY = {"CONTINUUM_ENV": "production"}


@dataclass(frozen=True)
class Said:
    code: int
    findings: dict[str, dict[str, Any]]
    log: str

    @property
    def problems(self) -> set[str]:
        return {name for name, finding in self.findings.items() if finding["state"] == "problem"}


@pytest.fixture
def doctor(tmp_path: Path) -> Callable[..., Said]:
    def run(*arguments: str, launcher: bool = False, **variables: str) -> Said:
        command = [str(BIN / "python"), "-m", "telemetry", "doctor", "--json", *arguments]
        if launcher:
            command.insert(0, str(BIN / "opentelemetry-instrument"))
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment(tmp_path, SENTRY | variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout, done.stderr
        findings = json.loads(done.stdout)["findings"]
        return Said(done.returncode, {finding["id"]: finding for finding in findings}, done.stderr)

    return run


def test_a_backend_that_takes_everything_gets_one_error_and_its_trace(
    doctor: Callable[..., Said], sink: Sink
) -> None:
    said = doctor(SENTRY_DSN=sink.dsn(), OTEL_LOGS_EXPORTER="otlp")
    assert said.problems == set()
    assert (said.code, said.log) == (0, "")
    (error,) = sink.errors()
    (span,) = sink.spans()
    (log,) = sink.logs()
    assert error["contexts"]["trace"]["trace_id"] == span.trace_id == log.trace_id
    assert span.trace_id in said.findings["linked"]["said"]
    assert error["event_id"] in said.findings["linked"]["said"]
    assert error["exception"]["values"][-1]["value"] == "this error was asked for, to test error reporting"
    for name in ("scrubbing", "propagation", "ownership", "sent.error", "sent.trace", "sent.log"):
        assert said.findings[name]["state"] == "ok"


@pytest.mark.parametrize(("status", "advice"), [(401, "SENTRY_DSN"), (429, "quota")])
def test_a_refusal_is_told_with_its_status_and_what_to_do(
    doctor: Callable[..., Said], sink: Sink, status: int, advice: str
) -> None:
    sink.always("/envelope/", Answer(status))
    said = doctor(SENTRY_DSN=sink.dsn())
    assert said.code == 1
    assert said.problems == {"sent.error"}
    assert f"HTTP {status}" in said.findings["sent.error"]["said"]
    assert advice in said.findings["sent.error"]["do"]
    assert said.findings["sent.trace"]["state"] == "ok"
    assert said.findings["linked"]["state"] == "note"
    assert said.log == ""


def test_a_closed_port_and_a_backend_that_never_answers_are_told_apart(doctor: Callable[..., Said]) -> None:
    silent = SilentSink()
    try:
        said = doctor(
            "--timeout",
            "1",
            SENTRY_DSN=silent.dsn(),
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"http://127.0.0.1:{free_port()}/v1/traces",
        )
    finally:
        silent.close()
    assert said.problems == {"sent.error", "sent.trace"}
    assert "gave no answer to the test error within 1 s" in said.findings["sent.error"]["said"]
    assert "NewConnectionError" in said.findings["sent.trace"]["said"]


def test_with_a_collector_it_says_which_goes_where_and_hears_each(
    doctor: Callable[..., Said], sink: Sink
) -> None:
    sink.always("/v1/metrics", Answer(503))
    said = doctor(SENTRY_DSN=sink.dsn(), OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
    assert said.problems == {"sent.metrics"}
    assert "HTTP 503" in said.findings["sent.metrics"]["said"]
    assert said.findings["destinations"]["state"] == "note"
    assert f"errors to 127.0.0.1:{sink.port}" in said.findings["destinations"]["said"]
    assert said.findings["linked"]["state"] == "ok"


def test_nothing_leaves_the_process_when_nothing_is_to_be_sent(
    doctor: Callable[..., Said], sink: Sink, tmp_path: Path
) -> None:
    (tmp_path / "talkative.py").write_text(
        "import logging, sentry_sdk, telemetry\n"
        "logging.getLogger('talkative').error('it failed')\n"
        "telemetry.capture_message('it failed', level='error')\n"
        f"sentry_sdk.Client(dsn='{sink.dsn(8)}').capture_event({{'message': 'it failed'}})\n"
        "app = None\n"
    )
    said = doctor(
        "--no-send",
        "--app",
        "talkative:app",
        SENTRY_DSN=sink.dsn(),
        OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        OTEL_LOGS_EXPORTER="otlp",
        CONTINUUM_TELEMETRY_SPOOL="true",
    )
    assert said.code == 0
    assert said.findings["sent"]["state"] == "note"
    assert sink.requests == []


def test_under_the_launcher_it_examines_what_the_launcher_started(
    doctor: Callable[..., Said], sink: Sink
) -> None:
    said = doctor(launcher=True, SENTRY_DSN=sink.dsn(), SENTRY_TRACES_SAMPLE_RATE="0")
    assert said.problems == set()
    assert "The sampler left the test trace out" in said.findings["sent.trace"]["said"]
    assert said.findings["linked"]["state"] == "note"
    assert (len(sink.errors()), sink.spans()) == (1, [])


def test_the_status_of_a_service_is_the_admins_and_holds_no_secret(sink: Sink, tmp_path: Path) -> None:
    secret = "a header's secret, 7Qw3zTgLm6"
    settings = {
        "SENTRY_DSN": sink.dsn(),
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{sink.url}/v1/metrics?token=uQ8kq2Zr",
        "OTEL_EXPORTER_OTLP_METRICS_HEADERS": f"x-key={secret}",
        "DATABASE_URL": f"sqlite:///{tmp_path}/continuum.db",
    }

    def make(scope: str) -> str:
        command = [str(BIN / "continuum"), "keys", "create", "operators", "--scope", scope]
        done = subprocess.run(
            command,
            env=environment(tmp_path, {"DATABASE_URL": settings["DATABASE_URL"]}),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout.split()[0]

    admin, reader = make("admin"), make("read")
    command = [str(BIN / "continuum"), "serve", "--port", "{port}"]
    with Listening(command, home=tmp_path, settings=settings, launcher=False) as service:
        place = "/v1/telemetry/status"
        assert service.call(place).status == 401
        assert service.call(place, headers={"X-API-Key": reader}).status == 403
        reply = service.call(place, headers={"X-API-Key": admin})
    assert reply.status == 200
    status = reply.json()
    assert status["active"] is True
    assert status["profile"] == "strict"
    assert status["metrics_to"] == f"127.0.0.1:{sink.port}"
    assert status["instrumentations"]["fastapi"] == "on"
    assert status["delivery"]["Sentry envelopes"]["circuit"] == "closed"
    assert set(status["versions"]) == {"telemetry", "sentry-sdk", "opentelemetry-sdk"}
    for planted in ("abc123", "7Qw3zTgLm6", "uQ8kq2Zr", "a key of the test suite"):
        assert planted not in reply.body.decode()
