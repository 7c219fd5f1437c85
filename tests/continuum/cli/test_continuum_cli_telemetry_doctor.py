from __future__ import annotations

import os
import subprocess
import sys

import pytest

DSN = "http://abc123@127.0.0.1:9/7"


@pytest.fixture
def run():
    def start(module, *arguments, **variables):
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=os.environ | variables,
        )

    return start


def test_it_is_the_command_that_telemetry_has_itself(run):
    ours = run("continuum.cli", "telemetry", "doctor", "--json")
    theirs = run("telemetry", "doctor", "--json")
    assert (ours.returncode, ours.stdout) == (0, theirs.stdout)
    assert ours.stderr == ""


def test_a_problem_is_its_exit_code_and_it_speaks_for_this_service(run):
    settings = {"SENTRY_DSN": DSN, "SENTRY_SAMPLE_RATE": "many"}
    done = run(
        "continuum.cli", "telemetry", "doctor", "--no-send", "--app", "continuum.api.server:app", **settings
    )
    assert done.returncode == 1
    assert done.stdout.startswith("PROBLEM  SENTRY_SAMPLE_RATE is not valid")
    assert "abc123" not in done.stdout + done.stderr


def test_wrong_usage_exits_with_two_and_names_the_command_that_was_typed(run):
    done = run("continuum.cli", "telemetry", "doctor", "--nonsense")
    assert done.returncode == 2
    assert "telemetry doctor" in done.stderr.splitlines()[0]


def test_the_status_is_shown_for_people_without_a_secret(run):
    done = run("continuum.cli", "telemetry", "status", SENTRY_DSN=DSN)
    lines = done.stdout.splitlines()
    assert "active: True" in lines
    assert "  fastapi: on" in lines
    assert "  dsn: SENTRY_DSN" in lines
    assert "abc123" not in done.stdout
