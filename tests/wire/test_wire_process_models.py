"""However an application is served, everything it did arrives, once, also when it is ended at once."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
from programs import APPS, BIN, Listening, Program

if TYPE_CHECKING:
    from pathlib import Path

    from telemetry.testing.sink import Sink

ALL_SAMPLED = {"SENTRY_TRACES_SAMPLE_RATE": "1"}
GUNICORN = [
    str(BIN / "gunicorn"),
    "foreign:app",
    "--bind=127.0.0.1:{port}",
    f"--chdir={APPS}",
    "--worker-class=uvicorn_worker.UvicornWorker",
    "--graceful-timeout=10",
]
MODELS = {
    "gunicorn": [*GUNICORN, "--workers=2"],
    "gunicorn --preload": [*GUNICORN, "--workers=2", "--preload"],
    "hypercorn": [str(BIN / "hypercorn"), "foreign:app", "--bind=127.0.0.1:{port}"],
    "hypercorn --workers 2": [
        str(BIN / "hypercorn"),
        "foreign:app",
        "--bind=127.0.0.1:{port}",
        "--workers=2",
    ],
    "granian": [
        str(BIN / "granian"),
        "foreign:app",
        "--interface=asgi",
        "--host=127.0.0.1",
        "--port={port}",
    ],
    "uvicorn --reload": [
        str(BIN / "uvicorn"),
        "foreign:app",
        "--port={port}",
        f"--app-dir={APPS}",
        "--reload",
        f"--reload-dir={APPS}",
    ],
}


@pytest.fixture
def settings(tmp_path: Path, sink: Sink) -> dict[str, str]:
    return ALL_SAMPLED | {
        "SENTRY_DSN": sink.dsn(),
        "FOREIGN_DATABASE": str(tmp_path / "items.db"),
        "PYTHONPATH": str(APPS),
    }


def serving(name: str, home: Path, settings: dict[str, str]) -> Listening:
    return Listening(MODELS[name], home=home, settings=settings)


@pytest.mark.parametrize("model", MODELS)
def test_every_trace_and_error_arrives_whoever_serves(
    tmp_path: Path, sink: Sink, settings: dict[str, str], model: str
) -> None:
    with serving(model, tmp_path, settings) as server:
        sent = {server.trace("/items/1") for _ in range(38)} | {server.trace("/broken/1") for _ in range(2)}
        server.end(timeout=40)
        assert sent == {span.trace_id for span in sink.servers()}, server.log
        assert len(sink.servers()) == 40
        assert len(sink.errors()) == 2
        assert "telemetry:" not in server.log


def test_workers_that_end_after_some_requests_lose_nothing(
    tmp_path: Path, sink: Sink, settings: dict[str, str]
) -> None:
    command = [*GUNICORN, "--workers=1", "--max-requests=10"]
    with Listening(command, home=tmp_path, settings=settings) as server:
        sent, pids = set(), set()
        deadline = time.monotonic() + 60
        while (len(sent) < 35 or len(pids) < 3) and time.monotonic() < deadline:
            try:
                pids.add(server.call("/process").json()["pid"])
                sent.add(server.trace("/items/1"))
            except OSError:  # between two workers nobody listens
                time.sleep(0.05)
        server.end(timeout=40)
        assert len(pids) > 2
        assert sent <= {span.trace_id for span in sink.servers()}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_what_children_of_multiprocessing_do_arrives_once(tmp_path: Path, sink: Sink, method: str) -> None:
    settings = ALL_SAMPLED | {"SENTRY_DSN": sink.dsn()}
    command = [sys.executable, str(APPS / "multiplying.py"), method]
    with Program(command, home=tmp_path, settings=settings) as program:
        assert program.wait(60) == 0, program.log
        names = sorted(span.name for span in sink.spans() if span.name.startswith("multiplying"))
        assert names == ["multiplying.child"] * 4 + ["multiplying.parent"], program.log
        (error,) = sink.errors()
        assert error["exception"]["values"][-1]["type"] == "ArithmeticError"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_pool_that_is_terminated_has_sent_what_it_did(
    tmp_path: Path, sink: Sink, number: int
) -> None:
    settings = ALL_SAMPLED | {"SENTRY_DSN": sink.dsn()}
    command = [sys.executable, str(APPS / "multiplying.py"), "wait"]
    with Program(command, home=tmp_path, settings=settings) as program:
        deadline = time.monotonic() + 30
        while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        program.end(number)
        assert sink.wait_for(
            lambda sink: sum(span.name == "multiplying.child" for span in sink.spans()) == 1
        ), program.log
