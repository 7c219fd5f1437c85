"""Gives tests an inspector: in process, and as a real process on a free port."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from telemetry.inspector.app import create_app
from telemetry.inspector.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def client(store: Store) -> Iterator[TestClient]:
    with TestClient(create_app(store), base_url="http://127.0.0.1:8421") as client:
        yield client


@pytest.fixture
def process() -> Iterator[str]:
    """A running inspector's address; it is started in an environment that asks for telemetry to be sent."""
    environment = os.environ | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "SENTRY_DSN": "http://key@127.0.0.1:9/1",
    }
    inspector = subprocess.Popen(
        [sys.executable, "-m", "telemetry.inspector", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    try:
        line = inspector.stdout.readline()
        assert line.startswith("Inspector: http://127.0.0.1:"), inspector.stderr.read()
        yield line.split()[-1]
    finally:
        inspector.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            inspector.wait(10)
        if inspector.poll() is None:
            inspector.kill()
            inspector.wait(10)
        out, err = inspector.stdout.read(), inspector.stderr.read()
        inspector.stdout.close()
        inspector.stderr.close()
    assert (out, err) == ("", ""), "the inspector writes one line with its address and nothing else"
