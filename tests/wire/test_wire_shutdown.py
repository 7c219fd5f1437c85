"""Whatever ends a process, everything that happened before arrives."""

from __future__ import annotations

import signal
import socket
import sys
import time
from typing import TYPE_CHECKING

import pytest
from programs import APPS, Program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from programs import Server

    from telemetry.testing.sink import Sink

ALL_SAMPLED = {"SENTRY_TRACES_SAMPLE_RATE": "1"}


@pytest.mark.parametrize(
    ("number", "options"),
    [(signal.SIGTERM, ()), (signal.SIGINT, ()), (signal.SIGTERM, ("--lifespan", "off"))],
    ids=["SIGTERM", "SIGINT", "SIGTERM without lifespan"],
)
def test_every_trace_and_error_arrives_when_the_server_is_ended_at_once(
    start: Callable[..., Server], sink: Sink, number: int, options: tuple[str, ...]
) -> None:
    server = start(settings=ALL_SAMPLED | {"SENTRY_DSN": sink.dsn()}, options=options)
    sent = {server.trace("/items/1") for _ in range(38)} | {server.trace("/broken/1") for _ in range(2)}
    server.end(number)
    assert len(sent) == 40
    assert {span.trace_id for span in sink.servers()} == sent
    assert len(sink.servers()) == 40
    assert len(sink.errors()) == 2


def test_every_trace_of_every_worker_arrives(start: Callable[..., Server], sink: Sink) -> None:
    server = start(
        settings=ALL_SAMPLED | {"SENTRY_DSN": sink.dsn()},
        options=("--workers", "2", "--timeout-worker-healthcheck", "30"),
    )
    deadline = time.monotonic() + 30
    sent, pids = set(), set()
    while time.monotonic() < deadline and (len(sent) < 20 or len(pids) < 2):
        pids.add(server.call("/process").json()["pid"])
        sent.add(server.trace("/items/1"))
    assert len(pids) == 2
    server.end(timeout=30)
    assert sent <= {span.trace_id for span in sink.servers()}
    instances = {span.resource["service.instance.id"] for span in sink.servers()}
    assert len(instances) == 2


def test_a_request_that_is_answered_during_the_shutdown_arrives(
    start: Callable[..., Server], sink: Sink
) -> None:
    server = start(settings=ALL_SAMPLED | {"SENTRY_DSN": sink.dsn()})
    trace_id = "c" * 31 + "1"
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        head = (
            f"GET /slow?seconds=0.8 HTTP/1.1\r\nHost: x\r\ntraceparent: 00-{trace_id}-{'d' * 16}-01\r\n\r\n"
        )
        connection.sendall(head.encode())
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    server.wait()
    assert [span.name for span in sink.traces()[trace_id]] == ["GET /slow"]


@pytest.mark.parametrize(("ending", "code"), [("", 0), ("exit", 3), ("fail", 1)])
def test_what_a_script_did_arrives_however_it_ends(
    tmp_path: Path, sink: Sink, ending: str, code: int
) -> None:
    settings = ALL_SAMPLED | {"SENTRY_DSN": sink.dsn()}
    with Program(
        [sys.executable, str(APPS / "script.py"), ending], home=tmp_path, settings=settings
    ) as program:
        assert program.wait() == code
        assert [span.name for span in sink.spans()].count("script.work") == 5
        assert len([span for span in sink.spans() if span.attributes.get("db.system.name") == "sqlite"]) >= 5
        errors = [event["exception"]["values"][-1]["type"] for event in sink.errors()]
        assert errors == (["LookupError"] if ending == "fail" else [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_a_script_did_arrives_when_a_signal_ends_it(tmp_path: Path, sink: Sink, number: int) -> None:
    ready = tmp_path / "ready"
    settings = ALL_SAMPLED | {"SENTRY_DSN": sink.dsn(), "SCRIPT_READY": str(ready)}
    codes = []
    for more in (settings, {"SCRIPT_READY": str(ready)}):
        ready.unlink(missing_ok=True)
        command = [sys.executable, str(APPS / "script.py"), "wait"]
        with Program(command, home=tmp_path, settings=more) as program:
            deadline = time.monotonic() + 20
            while not ready.exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            codes.append(program.end(number))
    assert [span.name for span in sink.spans()].count("script.work") == 5
    assert codes[0] == codes[1] == -number


def test_a_long_script_s_spans_do_not_wait_for_its_end(tmp_path: Path, sink: Sink) -> None:
    ready = tmp_path / "ready"
    settings = ALL_SAMPLED | {"SENTRY_DSN": sink.dsn(), "SCRIPT_READY": str(ready)}
    with Program([sys.executable, str(APPS / "script.py"), "wait"], home=tmp_path, settings=settings):
        assert sink.wait_for(lambda sink: len(sink.spans()) >= 10)


def test_a_flood_of_spans_at_the_end_arrives_whole(tmp_path: Path, sink: Sink) -> None:
    settings = ALL_SAMPLED | {"SENTRY_DSN": sink.dsn(), "SCRIPT_TIMES": "1000"}
    with Program([sys.executable, str(APPS / "script.py"), ""], home=tmp_path, settings=settings) as program:
        assert program.wait() == 0
    assert len([span for span in sink.spans() if span.name == "script.work"]) == 1000


def test_the_process_that_forks_and_its_child_send_their_own_spans_once(tmp_path: Path, sink: Sink) -> None:
    settings = ALL_SAMPLED | {"SENTRY_DSN": sink.dsn()}
    with Program([sys.executable, str(APPS / "forking.py")], home=tmp_path, settings=settings) as program:
        assert program.wait() == 0
    names = sorted(span.name for span in sink.spans())
    assert names == ["after.fork.in.child", "after.fork.in.parent", "before.fork"]
