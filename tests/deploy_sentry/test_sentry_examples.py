"""Every example of deploy/sentry is accepted by the tool that will read it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

FOLDER = Path(__file__).parents[2] / "deploy/sentry"
BIN = Path(sys.executable).parent
COMPOSE = FOLDER / "docker-compose.example.yml"
WORKFLOW = FOLDER / "github-actions.example.yml"


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        env={"PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}", "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_shellcheck_finds_nothing_in_the_script() -> None:
    checked = run(
        "shellcheck", "--enable=all", "--exclude=SC2250,SC2310,SC2312", str(FOLDER / "create_release.sh")
    )
    assert checked.returncode == 0, checked.stdout


def test_sentry_cli_reads_each_key_of_the_properties() -> None:
    path = FOLDER / "sentry.properties"
    written = dict(
        line.split("=", 1) for line in path.read_text().splitlines() if line and not line.startswith("#")
    )
    told = run(
        "sentry-cli", "info", "--config-status-json", SENTRY_PROPERTIES=str(path), SENTRY_LOAD_DOTENV="0"
    )
    assert told.returncode == 0, told.stderr
    assert {f"defaults.{key}": value for key, value in json.loads(told.stdout)["config"].items()} == {
        key: value.removesuffix("/") if key == "defaults.url" else value for key, value in written.items()
    }


def test_the_compose_file_has_the_form_of_the_specification() -> None:
    checked = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE))
    assert checked.returncode == 0, checked.stdout


def test_the_workflow_has_github_s_form() -> None:
    checked = run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW))
    assert checked.returncode == 0, checked.stdout


def test_zizmor_finds_nothing_in_the_workflow() -> None:
    checked = run("zizmor", "--offline", "--no-config", "--persona=auditor", "--format=plain", str(WORKFLOW))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_action_is_pinned_by_a_commit_and_says_its_version() -> None:
    used = re.findall(r"uses: (\S+)(.*)", WORKFLOW.read_text())
    assert used
    assert not [name for name, comment in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name)]
    assert not [name for name, comment in used if not re.fullmatch(r"  # v\d+\.\d+\.\d+", comment)]


def test_no_example_holds_a_secret_or_a_dsn() -> None:
    texts = {
        path.name: path.read_text()
        for path in FOLDER.iterdir()
        if path.is_file() and path.name != ".env.example"
    }
    assert len(texts) >= 6
    for name, text in texts.items():
        assert not re.search(r"sntr[ysu]+_[A-Za-z0-9]{8}|https?://[0-9a-f]{8,}@", text), name


def test_the_health_check_runs_without_curl() -> None:
    service = yaml.safe_load(COMPOSE.read_text())["services"]["continuum"]
    kind, *command = service["healthcheck"]["test"]
    assert kind == "CMD"
    assert command[0] == "python"
    compile(command[2], "health check", "exec")
