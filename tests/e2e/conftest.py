"""Leaves out what needs Bugsink, unless ``-m e2e`` asks for it; ``make test-e2e`` does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / path) for path in ("wire", "telemetry/as_code")]

from programs import RUNNING  # noqa: E402  # the same
from sentry_server import BIN  # noqa: E402  # needs the path above

if TYPE_CHECKING:
    from collections.abc import Generator

    from pluggy import Result


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "e2e: drives the Sentry-compatible server that `make test-e2e` installs"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "e2e" in config.option.markexpr:
        if not (BIN / "gunicorn").exists():
            raise pytest.UsageError("Bugsink is not installed: run `make test-e2e`, which makes .venv-e2e")
        return
    left_out = [item for item in items if item.get_closest_marker("e2e") is not None]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item.get_closest_marker("e2e") is None]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, Result[pytest.TestReport], None]:
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.sections.extend(
            (f"log of {' '.join(program.command[-6:])}", program.log[-3000:]) for program in RUNNING
        )
