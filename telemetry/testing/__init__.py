"""A pytest plugin: proves in an application's own suite that nothing private leaves it.

Load it with ``pytest_plugins = ["telemetry.testing"]``; it is never loaded by itself, and nothing of telemetry
imports it. It imports pytest, which is no dependency of this package: a suite has it. docs/testing.md shows how
it is used.

PYTEST_DONT_REWRITE: there is no assert in it, and a suite that imports something of it besides would be warned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telemetry.testing.canaries import Canaries
from telemetry.testing.leaks import Hit
from telemetry.testing.signals import Item, Log, Metric, Span
from telemetry.testing.sink import Answer, Received, Sink
from telemetry.testing.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Answer",
    "Canaries",
    "Hit",
    "Item",
    "Log",
    "Metric",
    "Received",
    "Sink",
    "Span",
    "Wire",
    "canary",
    "wire",
]


@pytest.fixture
def canary() -> Canaries:
    """Texts to plant where a person's words or a secret could stand: ``canary("what")``."""
    return Canaries()


@pytest.fixture
def wire(canary: Canaries) -> Iterator[Wire]:
    """A loopback backend that records everything that leaves, and asserts that no canary is in it."""
    with Wire(canary) as wire:
        yield wire
