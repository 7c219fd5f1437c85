import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from continuum.cli.main import main

HEAVY = ("sqlalchemy", "fastapi", "opentelemetry", "sentry_sdk", "redis", "pydantic")


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch, capsys):
    """The command line in this process: its exit code and what it printed."""

    def start(*arguments):
        monkeypatch.setattr(sys, "argv", ["continuum", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main()
        printed = capsys.readouterr()
        return Done(caught.value.code, printed.out, printed.err)

    return start


@pytest.fixture
def run_process():
    """The command line in a process of its own, where telemetry can be set up."""

    def start(*arguments):
        command = [
            sys.executable,
            "-W",
            "error",
            "-c",
            "from continuum.cli.main import main; main()",
            *arguments,
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return start


def test_importing_the_command_line_imports_nothing_heavy():
    code = f"import sys, continuum.cli.main; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_every_command_of_the_table_can_be_loaded():
    import click

    from continuum.cli.main import COMMANDS, cli

    for name in COMMANDS:
        assert isinstance(cli.get_command(click.Context(cli), name), click.Command)
    assert cli.get_command(click.Context(cli), "nothing") is None


def test_the_way_of_a_new_user_works(run, run_process, tmp_path):
    made = run_process("init")
    assert str(tmp_path / "continuum.db") in made.stdout
    assert "continuum keys create" in made.stdout
    key = run("keys", "create", "acme")
    assert key.stdout.startswith("cm_")
    assert len(key.stdout) == 47
    assert run("learn", "--tenant", "acme", "Maya moved to Lisbon.", "Noted.").stdout.startswith(
        "Learned 2 new"
    )
    assert run("recall", "--tenant", "acme", "where is Maya").stdout == "[user] Maya moved to Lisbon.\n"
    found = json.loads(run("search", "--tenant", "acme", "Lisbon", "--json", "--limit", "1").stdout)
    assert [memory["text"] for memory in found] == ["Maya moved to Lisbon."]
    report = json.loads(run("status", "--json", "--detailed").stdout)
    assert (report["tenants"], report["memories"]) == (1, 2)
    assert run("tenants").stdout.split()[0] == "acme"


def test_a_key_is_listed_and_revoked_by_its_id(run):
    key = run("keys", "create", "acme", "--scope", "admin").stdout.strip()
    listed = run("keys", "list", "acme").stdout.split()
    assert listed[:2] == [key[3:11], "admin"]
    assert run("keys", "revoke", listed[0]).returncode == 0
    assert "revoked" in run("keys", "list", "acme").stdout
    assert run("keys", "revoke", "nothing").returncode == 1


def test_a_missing_tenant_is_a_usage_error_and_an_unknown_one_an_error(run):
    missing = run("search", "tea")
    assert missing.returncode == 2
    assert "CONTINUUM_TENANT" in missing.stderr
    unknown = run("search", "tea", "--tenant", "canary")
    assert unknown.returncode == 1
    assert "continuum keys create" in unknown.stderr
    assert "canary" not in unknown.stderr


def test_the_tenant_may_come_from_the_environment(run, monkeypatch):
    run("keys", "create", "acme")
    monkeypatch.setenv("CONTINUUM_TENANT", "acme")
    assert run("learn", "tea").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["learn"], ["keys", "create", "a b"], ["keys", "create", "x", "--scope", "all"]],
)
def test_usage_errors_exit_with_2(run, arguments):
    assert run(*arguments).returncode == 2


def test_status_makes_nothing(run, tmp_path):
    assert "continuum init" in run("status").stdout
    assert not (tmp_path / "continuum.db").exists()


def test_a_bad_setting_is_one_line_without_the_value(run, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "oracle://canary")
    for command in (["init"], ["serve"]):
        failed = run(*command)
        assert failed.returncode == 1
        assert failed.stderr.startswith("Error: DATABASE_URL must have the form sqlite:///")
        assert "canary" not in failed.stderr
        assert len(failed.stderr.splitlines()) == 1


def test_an_unexpected_error_has_no_traceback_unless_asked_for(run, tmp_path):
    (tmp_path / "continuum.db").write_text("no database " * 100)
    short = run("tenants")
    assert (short.returncode, short.stdout) == (1, "")
    assert short.stderr.startswith("Error: the database can't be opened")
    assert "Traceback" not in short.stderr
    assert "Traceback" in run("--debug", "tenants").stderr


def test_the_test_error_says_what_to_set_when_telemetry_is_off(run_process):
    off = run_process("telemetry", "test-error")
    assert off.returncode == 1
    assert "SENTRY_DSN" in off.stderr


def test_the_test_error_is_raised_in_a_running_service(run_process, spawn, port, make_key, database):
    code = "from continuum.cli.main import main; main()"
    spawn([sys.executable, "-c", code, "serve", "--port", str(port)], port)
    url = f"http://127.0.0.1:{port}"
    done = run_process("telemetry", "test-error", "--url", url, "--key", make_key("operators", "admin"))
    assert done.returncode == 1
    assert "failed as asked, but its telemetry is off" in done.stderr
    denied = run_process("telemetry", "test-error", "--url", url, "--key", make_key("operators"))
    assert denied.returncode == 1
    assert "got 403" in denied.stderr


def test_the_test_error_needs_a_key_and_a_service(run_process, port):
    assert run_process("telemetry", "test-error", "--url", "http://127.0.0.1").returncode == 2
    assert run_process("telemetry", "test-error", "--url", "ftp://x", "--key", "x").returncode == 2
    nobody = run_process("telemetry", "test-error", "--url", f"http://127.0.0.1:{port}", "--key", "x")
    assert nobody.returncode == 1
    assert "no service answers" in nobody.stderr
