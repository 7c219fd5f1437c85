"""A backend that is gone, or hangs, costs the application nothing: not an answer, not its exit code."""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING

import pytest
from programs import Server

from telemetry.testing.sink import Answer, SilentSink, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


PATHS = ("/healthz", "/items/1", "/broken/1", "/private", "/nothing/here", "/validated?number=x", "/later")
DEADLINE = 2.0
SETTINGS = {"SENTRY_TRACES_SAMPLE_RATE": "1", "CONTINUUM_TELEMETRY_SHUTDOWN_TIMEOUT": str(DEADLINE)}


def statuses(server: Server) -> list[int]:
    return [server.call(path).status for path in PATHS]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[int], dict[int, int]]:
    """What a run without telemetry answers, and its exit code for each signal."""
    codes: dict[int, int] = {}
    answers: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        home = tmp_path_factory.mktemp("without")
        settings = {"FOREIGN_DATABASE": str(home / "items.db")}
        with Server("foreign:app", home=home, settings=settings) as server:
            answers = statuses(server)
            codes[number] = server.end(number)
    return answers, codes


@contextlib.contextmanager
def useless(kind: str) -> Iterator[str]:
    """The address of a backend that is of no use."""
    if kind == "silent":
        silent = SilentSink()
        yield silent.dsn()
        silent.close()
        return
    answers = {"resetting": Answer(reset=True), "slow": Answer(delay=15), "failing": Answer(status=503)}
    with Sink() as sink:
        if kind in answers:
            sink.always("/", answers[kind])
        else:
            sink.close()
        yield sink.dsn()


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("killed", signal.SIGTERM),
        ("killed", signal.SIGINT),
        ("silent", signal.SIGTERM),
        ("silent", signal.SIGINT),
        ("slow", signal.SIGTERM),
        ("resetting", signal.SIGTERM),
        ("failing", signal.SIGTERM),
    ],
)
def test_answers_and_exit_code_are_those_of_a_run_without_telemetry(
    start: Callable[..., Server], expected: tuple[list[int], dict[int, int]], kind: str, number: int
) -> None:
    answers, codes = expected
    with useless(kind) as dsn:
        server = start(settings=SETTINGS | {"SENTRY_DSN": dsn})
        assert statuses(server) == answers
        time.sleep(1.2)  # the sender is in the middle of its attempt
        assert statuses(server) == answers
        began = time.monotonic()
        assert server.end(number) == codes[number]
        assert time.monotonic() - began < DEADLINE + 1.5


def test_the_sink_may_die_while_requests_run(start: Callable[..., Server], sink: Sink) -> None:
    server = start(settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
    before = statuses(server)
    assert sink.wait_for(lambda sink: sink.errors() and sink.servers())
    sink.close()
    durations = []
    for _ in range(5):
        began = time.monotonic()
        assert statuses(server) == before
        durations.append(time.monotonic() - began)
    assert max(durations) < 2
    began = time.monotonic()
    server.end()
    assert time.monotonic() - began < DEADLINE + 1.5


def test_what_waits_arrives_when_the_backend_comes_back(start: Callable[..., Server]) -> None:
    with Sink() as sink:
        port = sink.port
    server = start(settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
    sent = {server.trace("/broken/1") for _ in range(5)}
    time.sleep(1.5)
    with Sink(port) as again:
        again.wait_for(
            lambda sink: len(sink.errors()) == 5 and sent <= {span.trace_id for span in sink.servers()}, 15
        )
        assert {span.trace_id for span in again.servers()} == sent
        assert len(again.errors()) == 5
    assert server.log.count("telemetry: OTLP traces: not taken") == 1
    assert server.log.count("telemetry: Sentry envelopes: not taken") == 1


def test_memory_is_bounded_while_the_backend_is_gone(start: Callable[..., Server]) -> None:
    with Sink() as sink:
        pass
    server = start(settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
    for _ in range(150):
        server.call("/broken-async/1")
    assert server.call("/healthz").status == 200
    # One line says that there is trouble, not one for each batch.
    assert len([line for line in server.log.splitlines() if "telemetry:" in line]) <= 4
