"""Runs telemetry's own command in a process, with an environment that says nothing else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture
def environment(tmp_path):
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "share"),
        "CONTINUUM_SERVER_NAME": "web-1",
    }


@pytest.fixture
def preview(environment):
    def run(given, *arguments, **variables):
        raw = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else given
        done = subprocess.run(
            [sys.executable, "-m", "telemetry", "preview", *arguments],
            input=raw,
            capture_output=True,
            env=environment | variables,
            timeout=60,
            check=False,
        )
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    return run
