"""Keeps the developer's own telemetry settings out of every test."""

from __future__ import annotations

import os

import pytest

_OURS = ("SENTRY_", "OTEL_", "CONTINUUM_")


@pytest.fixture(autouse=True)
def no_inherited_settings(monkeypatch, tmp_path_factory):
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "data"))
