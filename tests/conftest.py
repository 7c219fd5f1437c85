"""Keeps the developer's own telemetry settings out of every test, and chance out of the suite."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# The same examples on every machine; HYPOTHESIS_PROFILE=search draws anew, and more.
settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.register_profile("search", deadline=None, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

_OURS = ("SENTRY_", "OTEL_", "CONTINUUM_")


@pytest.fixture(autouse=True)
def no_inherited_settings(monkeypatch, tmp_path_factory):
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "data"))
