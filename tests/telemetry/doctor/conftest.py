"""Runs telemetry's doctor in a process, with an environment that says nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from telemetry.configuration.settings import Settings
from telemetry.doctor.subject import Subject


@dataclass(frozen=True)
class Said:
    """What the command answered."""

    code: int
    out: str
    err: str

    @property
    def findings(self):
        return {finding["id"]: finding for finding in json.loads(self.out)["findings"]}

    @property
    def problems(self):
        return {name for name, finding in self.findings.items() if finding["state"] == "problem"}


@pytest.fixture
def doctor(tmp_path):
    def run(*arguments, **variables):
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "share")}
        done = subprocess.run(
            [sys.executable, "-m", "telemetry", "doctor", *arguments],
            capture_output=True,
            text=True,
            env=kept | home | variables,
            timeout=60,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def subject():
    """A subject whose telemetry was not started."""

    def make(pipeline=None, application=None, **environ):
        return Subject(environ, Settings.from_environ(environ), pipeline, "not set up", application)

    return make


@pytest.fixture
def by_id():
    def collect(findings):
        return {finding.id: finding for finding in findings}

    return collect
