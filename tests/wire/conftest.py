"""Gives tests at the wire their sinks and programs, and shows the programs' logs when a test fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from oracle import assert_nothing_to_add
from programs import RUNNING, Server, valkey

from telemetry.testing.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from pluggy import Result


@dataclass(frozen=True)
class Running:
    """An application under the launcher, and the sink that its DSN leads to."""

    server: Server
    sink: Sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink
        assert_nothing_to_add(sink)


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with valkey(tmp_path_factory.mktemp("valkey")) as port:
        yield port


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory, redis_port: int) -> Iterator[Running]:
    """An ordinary application whose traces are all sampled; tests that share it are in one xdist group."""
    home = tmp_path_factory.mktemp("foreign")
    with (
        Sink() as sink,
        Server(
            "foreign:app",
            home=home,
            settings={
                "SENTRY_DSN": sink.dsn(),
                "SENTRY_TRACES_SAMPLE_RATE": "1",
                "FOREIGN_DATABASE": str(home / "items.db"),
                "FOREIGN_REDIS": str(redis_port),
                "OTEL_SERVICE_NAME": "foreign",
                "SENTRY_RELEASE": "foreign@1.2.3",
            },
        ) as server,
    ):
        yield Running(server, sink)
        assert_nothing_to_add(sink)


@pytest.fixture(scope="session")
def unsampled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The same, none of its own traces sampled."""
    home = tmp_path_factory.mktemp("unsampled")
    with (
        Sink() as sink,
        Server(
            "foreign:app",
            home=home,
            settings={
                "SENTRY_DSN": sink.dsn(),
                "SENTRY_TRACES_SAMPLE_RATE": "0",
                "FOREIGN_DATABASE": str(home / "items.db"),
            },
        ) as server,
    ):
        yield Running(server, sink)
        assert_nothing_to_add(sink)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers for one test and ends them after it."""
    started = []

    def start(app: str = "foreign:app", **more: object) -> Server:
        settings = {"FOREIGN_DATABASE": str(tmp_path / "items.db"), **more.pop("settings", {})}
        server = Server(app, home=tmp_path / f"home-{len(started)}", settings=settings, **more)
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, Result[pytest.TestReport], None]:
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.sections.extend(
            (f"log of {' '.join(program.command[-6:])}", program.log[-3000:]) for program in RUNNING
        )
