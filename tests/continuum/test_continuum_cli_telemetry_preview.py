from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.fixture
def run():
    def start(module, *arguments, given=""):
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)

    return start


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ("mail maya@example.org", ["--profile", "balanced"]),
        ('{"message": "no Maya"}', ["--json"]),
        ("", ["--demo", "--json"]),
    ],
)
def test_it_is_the_command_that_telemetry_has_itself(run, given, arguments):
    ours = run("continuum.cli", "telemetry", "preview", *arguments, given=given)
    theirs = run("telemetry", "preview", *arguments, given=given)
    assert (ours.returncode, ours.stdout) == (0, theirs.stdout)


def test_its_help_and_its_errors_name_the_command_that_was_typed(run):
    shown = run("continuum.cli", "telemetry", "preview", "--help")
    assert shown.returncode == 0
    assert "telemetry preview" in shown.stdout.splitlines()[0]
    assert run("continuum.cli", "telemetry", "preview", given="{").returncode == 2


def test_the_routes_of_this_service_are_known_when_it_is_loaded(run):
    span = json.dumps({"name": "x", "attributes": {"http.route": "/v1/memories/{memory_id}"}})
    with_app = ("--app", "continuum.api.server:app")
    before = run("continuum.cli", "telemetry", "preview", "--json", given=span)
    after = run("continuum.cli", "telemetry", "preview", "--json", *with_app, given=span)
    assert 'attributes["http.route"]' in [change["path"] for change in json.loads(before.stdout)]
    assert 'attributes["http.route"]' not in [change["path"] for change in json.loads(after.stdout)]


def test_the_group_lists_its_commands_with_what_they_do(run):
    shown = run("continuum.cli", "telemetry", "--help").stdout
    for name in ("preview", "tenant-hash", "whois", "collector-key", "status", "test-error"):
        assert f"  {name} " in shown
