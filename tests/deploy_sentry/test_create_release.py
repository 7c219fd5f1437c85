"""create_release.sh with the real sentry-cli: what Sentry is told and what never, and what goes wrong clearly."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from release_server import ReleaseServer

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[2] / "deploy/sentry"
SCRIPT = FOLDER / "create_release.sh"
BIN = Path(sys.executable).parent
TOKEN = "sntryu_" + "5e" * 32
RELEASE = "continuum@0.0.1+abc"
AUTHOR = ("Author Of The Commit", "author@home.example")
API = "/api/0/organizations/acme"


@pytest.fixture
def server() -> Iterator[ReleaseServer]:
    with ReleaseServer() as server:
        yield server


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The release that the service reports here: its version, and the commit where it runs from a checkout."""
    home = str(tmp_path_factory.mktemp("home"))
    environment = {"PATH": os.defpath, "HOME": home, "SENTRY_DSN": "http://nobody@127.0.0.1:9/0"}
    command = [str(BIN / "continuum"), "telemetry", "status", "--json"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return str(json.loads(answer.stdout)["release"])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of two commits, the first tagged, whose origin is acme/continuum."""
    home = tmp_path / "checkout"
    name, address = AUTHOR
    home.mkdir()
    for command in (
        "init -q -b main",
        f"config user.name {shlex.quote(name)}",
        f"config user.email {address}",
        "commit -q --allow-empty -m first",
        "tag v1",
        "commit -q --allow-empty -m second",
        "remote add origin git@example.org:acme/continuum.git",
    ):
        subprocess.run(["git", *shlex.split(command)], cwd=home, check=True)
    return home


@pytest.fixture
def quick(tmp_path: Path) -> str:
    """A stand-in for the service's command, where a test isn't about what the service reports."""
    command = tmp_path / "continuum"
    command.write_text(f'#!/bin/sh\necho \'{{"release": "{RELEASE}"}}\'\n')
    command.chmod(0o755)
    return str(command)


def settings(server: ReleaseServer | None, home: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}",
        "HOME": str(home),
        "SENTRY_AUTH_TOKEN": TOKEN,
        "SENTRY_ORG": "acme",
        "SENTRY_PROJECT": "memory",
        "SENTRY_URL": server.url if server else "http://127.0.0.1:9",
        **more,
    }


def run(*arguments: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    finished = subprocess.run(
        [str(SCRIPT), *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert TOKEN not in finished.stdout + finished.stderr
    return finished


def commit(checkout: Path, name: str) -> str:
    return subprocess.run(
        ["git", "rev-parse", name], cwd=checkout, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_release_is_told_as_documented_and_no_author_is(
    server: ReleaseServer, checkout: Path, reported: str
) -> None:
    finished = run("--environment", "staging", cwd=checkout, env=settings(server, checkout))
    assert finished.returncode == 0, finished.stderr
    assert [(call.method, unquote(call.path)) for call in server.calls] == [
        ("POST", f"{API}/releases/"),
        ("GET", f"{API}/repos/"),
        ("POST", f"{API}/releases/"),
        ("PUT", f"{API}/releases/{reported}/"),
        ("POST", f"{API}/code-mappings/bulk/"),
        ("PUT", f"{API}/releases/{reported}/"),
        ("POST", f"{API}/releases/{reported}/deploys/"),
    ]
    created, _, _, commits, mappings, finalised, deployed = (call.body for call in server.calls)
    assert created["version"] == reported
    assert created["projects"] == ["memory"]
    (ref,) = commits["refs"]
    assert ref == {
        "repository": "acme/continuum",
        "commit": commit(checkout, "HEAD"),
        "previousCommit": commit(checkout, "v1"),
    }
    assert mappings == {
        "project": "memory",
        "repository": "acme/continuum",
        "defaultBranch": "main",
        "mappings": json.loads((FOLDER / "code_mappings.json").read_text()),
    }
    assert finalised["dateReleased"]
    assert deployed["environment"] == "staging"
    assert {call.token for call in server.calls} == {f"Bearer {TOKEN}"}
    sent = json.dumps([call.body for call in server.calls])
    assert not [told for told in AUTHOR if told in sent]


def test_a_dry_run_shows_the_commands_and_sends_nothing(
    server: ReleaseServer, checkout: Path, quick: str
) -> None:
    finished = run("--dry-run", cwd=checkout, env=settings(server, checkout, CONTINUUM_COMMAND=quick))
    assert finished.returncode == 0, finished.stderr
    assert server.calls == []
    commands = [shlex.split(line)[1:3] for line in finished.stdout.splitlines()]
    assert commands == [
        ["releases", "new"],
        ["releases", "set-commits"],
        ["code-mappings", "upload"],
        ["releases", "finalize"],
        ["deploys", "new"],
    ]


def test_without_commits_no_git_is_needed(server: ReleaseServer, tmp_path: Path, quick: str) -> None:
    finished = run("--no-commits", cwd=tmp_path, env=settings(server, tmp_path, CONTINUUM_COMMAND=quick))
    assert finished.returncode == 0, finished.stderr
    assert [call.method for call in server.calls] == ["POST", "PUT", "POST"]


def test_a_release_that_the_service_does_not_report_is_refused(
    server: ReleaseServer, checkout: Path, quick: str
) -> None:
    finished = run("v9.9.9", cwd=checkout, env=settings(server, checkout, CONTINUUM_COMMAND=quick))
    assert finished.returncode == 1
    assert f"the release is v9.9.9, but the service reports {RELEASE}" in finished.stderr
    assert server.calls == []


def test_the_release_of_the_environment_is_the_service_s_too(server: ReleaseServer, checkout: Path) -> None:
    environment = settings(server, checkout, CONTINUUM_RELEASE="memory@2026.11")
    finished = run("--dry-run", "memory@2026.11", cwd=checkout, env=environment)
    assert finished.returncode == 0, finished.stderr


def test_what_failed_and_what_was_done_before_is_told(
    server: ReleaseServer, checkout: Path, quick: str
) -> None:
    server.failing.add("/code-mappings/")
    finished = run(cwd=checkout, env=settings(server, checkout, CONTINUUM_COMMAND=quick))
    assert finished.returncode == 1
    assert f"stopped at: upload code mappings (done: create {RELEASE}, set commits)" in finished.stderr
    assert not [call for call in server.calls if call.path.endswith("/deploys/")]


@pytest.mark.parametrize(
    ("lacking", "sentence"),
    [
        ({"SENTRY_AUTH_TOKEN": ""}, "SENTRY_AUTH_TOKEN is not set"),
        ({"SENTRY_ORG": ""}, "SENTRY_ORG is not set"),
        ({"SENTRY_PROJECT": "", "SENTRY_PROPERTIES": "/dev/null"}, "SENTRY_PROJECT is not set"),
        ({"SENTRY_CLI": "no-such-sentry-cli"}, "no-such-sentry-cli is not installed"),
        ({"CONTINUUM_COMMAND": "no-such-service"}, "no-such-service is not installed here"),
        ({"CONTINUUM_COMMAND": "true"}, "the service reports no release"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, lacking: dict[str, str], sentence: str) -> None:
    finished = run(cwd=tmp_path, env=settings(None, tmp_path, **lacking))
    assert finished.returncode == 1
    assert sentence in finished.stderr


def test_a_missing_commit_or_origin_is_named(tmp_path: Path, checkout: Path, quick: str) -> None:
    finished = run(cwd=tmp_path, env=settings(None, tmp_path, CONTINUUM_COMMAND=quick))
    assert (finished.returncode, "this is no git checkout" in finished.stderr) == (1, True)
    subprocess.run(["git", "remote", "remove", "origin"], cwd=checkout, check=True)
    finished = run(cwd=checkout, env=settings(None, checkout, CONTINUUM_COMMAND=quick))
    assert (finished.returncode, "git has no remote origin" in finished.stderr) == (1, True)


@pytest.mark.parametrize(
    "arguments", [["--environment"], ["--environment", "a b"], ["--what"], [RELEASE, RELEASE]]
)
def test_a_wrong_call_is_a_usage_error(tmp_path: Path, arguments: list[str]) -> None:
    finished = run(*arguments, cwd=tmp_path, env=settings(None, tmp_path))
    assert finished.returncode == 2
    assert finished.stderr.startswith("error: ")


@pytest.mark.parametrize(
    ("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_are_for_terminals_whose_owner_wants_them(
    tmp_path: Path, more: dict[str, str], *, coloured: bool
) -> None:
    ours, theirs = pty.openpty()
    environment = settings(None, tmp_path, SENTRY_AUTH_TOKEN="", TERM="xterm") | more
    subprocess.run([str(SCRIPT)], cwd=tmp_path, env=environment, stderr=theirs, timeout=30, check=False)
    os.close(theirs)
    shown = os.read(ours, 4096).decode()
    os.close(ours)
    assert "SENTRY_AUTH_TOKEN is not set" in shown
    assert bool(re.search(r"\x1b\[", shown)) is coloured
