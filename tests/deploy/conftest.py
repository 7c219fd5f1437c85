"""Leaves out what needs the built collector, unless ``-m collector`` asks for it; ``make test-collector`` does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / path) for path in ("tests/wire", "tests/telemetry/privacy", "deploy/otel")]

from collectors import GATEWAY, Collector, Ports, gateway_settings  # noqa: E402  # found through the path above
from programs import RUNNING  # noqa: E402  # the same

from telemetry.testing.sink import Sink  # noqa: E402  # the same

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from pluggy import Result


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "collector: drives the collector that `make collector` builds")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "collector" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("collector") is not None]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item.get_closest_marker("collector") is None]


@pytest.fixture(scope="session")
def binary() -> Path:
    """The collector; built first when it isn't there, which takes minutes."""
    built = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "otel" / "build.py")],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert built.returncode == 0, "the collector can't be built; what the builder said stands above"
    return Path(built.stdout.strip())


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


@pytest.fixture
def start(binary: Path, tmp_path: Path) -> Iterator[Callable[..., Collector]]:
    """Starts collectors for one test and ends them after it."""
    started: list[Collector] = []

    def start(configurations: tuple[str, ...], settings: dict[str, str], ports: Ports) -> Collector:
        home = tmp_path / f"collector-{len(started)}"
        started.append(Collector(binary, configurations, home=home, settings=settings, ports=ports))
        return started[-1]

    yield start
    for collector in started:
        collector.kill()


@pytest.fixture
def gateway(start: Callable[..., Collector], tmp_path: Path, sink: Sink) -> Collector:
    """A gateway in front of ``sink`` that keeps every trace."""
    ports = Ports()
    return start(GATEWAY, gateway_settings(tmp_path, ports, sink), ports)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, Result[pytest.TestReport], None]:
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.sections.extend(
            (f"log of {' '.join(program.command[-6:])}", program.log[-3000:]) for program in RUNNING
        )
