import json
import subprocess
import sys

import pytest
from real_postgres import OWNER, WORD

HEAVY = ("sqlalchemy", "fastapi", "opentelemetry", "sentry_sdk", "redis", "pydantic")


def test_importing_the_command_line_imports_nothing_heavy():
    code = f"import sys, continuum.cli.main; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_every_command_of_the_table_can_be_loaded():
    import click

    from continuum.cli.main import COMMANDS, cli

    for name in COMMANDS:
        assert isinstance(cli.get_command(click.Context(cli), name), click.Command)
    assert cli.get_command(click.Context(cli), "nothing") is None


def test_the_help_of_telemetry_has_the_table_of_variables(run):
    shown = run("telemetry", "--help").stdout
    assert "test-error" in shown
    for name in ("SENTRY_DSN", "OTEL_SERVICE_NAME", "CONTINUUM_TELEMETRY_SHUTDOWN_TIMEOUT"):
        assert f"  {name}" in shown


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


def test_memories_are_filtered_superseded_and_forgotten(run):
    run("keys", "create", "acme")
    old = json.loads(run("learn", "--tenant", "acme", "in Berlin", "--session", "s", "--json").stdout)
    new = json.loads(run("learn", "--tenant", "acme", "in Lisbon", "--json").stdout)
    ids = old["memory_ids"] + new["memory_ids"]
    narrow = ["search", "Berlin Lisbon", "--tenant", "acme", "--json", "--since", "2020-01-01"]
    assert len(json.loads(run(*narrow).stdout)) == 2
    assert len(json.loads(run(*narrow, "--session", "s", "--role", "user").stdout)) == 1
    assert run("supersede", *ids, "--tenant", "acme").returncode == 0
    assert run("supersede", *reversed(ids), "--tenant", "acme").returncode == 1
    assert len(json.loads(run(*narrow).stdout)) == 1
    assert "Erased 1 memories" in run("forget", ids[1], "--tenant", "acme").stdout
    receipt = json.loads(run("forget", "--session", "s", "--tenant", "acme", "--json").stdout)
    assert receipt["counts"]["memories"] == 1
    assert run("forget", "--tenant", "acme").returncode == 2
    assert run("forget", "--everything", "--yes", "--tenant", "acme").returncode == 0
    assert run("learn", "tea", "--tenant", "acme").returncode == 1


def test_a_bad_time_or_session_is_a_usage_error_that_repeats_nothing(run):
    run("keys", "create", "acme")
    for more in (["--since", "canary"], ["--session", "canary" * 100]):
        failed = run("search", "tea", "--tenant", "acme", *more)
        assert failed.returncode == 2
        assert "canary" not in failed.stderr


def test_an_export_goes_to_a_private_file_and_comes_back(run, tmp_path):
    run("keys", "create", "acme")
    run("keys", "create", "copy")
    for number in range(3):
        run("learn", "--tenant", "acme", f"tea {number}", "noted")
    path = tmp_path / "memories.jsonl"
    assert "Exported 4 lines." in run("export", str(path), "--tenant", "acme").stderr
    assert path.stat().st_mode & 0o777 == 0o600
    assert "4 new, 0 known" in run("import", str(path), "--tenant", "copy").stderr
    assert "0 new, 4 known" in run("import", str(path), "--tenant", "copy").stderr
    path.write_text(path.read_text() + '{"canary": 1}\n')
    broken = run("import", str(path), "--tenant", "copy")
    assert (broken.returncode, broken.stderr.startswith("Error: line 5: expected a line")) == (1, True)
    assert "canary" not in broken.stderr


def test_an_export_can_be_piped_into_an_import(run, run_process):
    run("keys", "create", "acme")
    run("learn", "--tenant", "acme", "東京 tea", "noted")
    exported = run_process("export", "--tenant", "acme")
    assert len(exported.stdout.splitlines()) == 2
    command = [sys.executable, "-W", "error", "-c", "from continuum.cli.main import main; main()"]
    done = subprocess.run(
        [*command, "import", "--tenant", "acme"], input=exported.stdout, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert "0 new, 2 known" in done.stderr, done.stderr


def test_a_terminal_gets_a_progress_bar(run, tmp_path, monkeypatch):
    run("keys", "create", "acme")
    run("learn", "--tenant", "acme", "tea", "noted")
    monkeypatch.setattr("continuum.cli.progress.is_terminal", lambda: True)
    path = tmp_path / "memories.jsonl"
    assert "Exported 2" in run("export", str(path), "--tenant", "acme").stderr
    assert "Imported 2" in run("import", str(path), "--tenant", "acme").stderr


def test_a_key_is_rotated_and_may_expire(run):
    key = run("keys", "create", "acme", "--expires", "2020-01-01T00:00:00+00:00").stdout.strip()
    assert "expired 2020-01-01" in run("keys", "list", "acme").stdout
    assert run("keys", "rotate", key[3:11]).returncode == 1
    key = run("keys", "create", "acme").stdout.strip()
    rotated = run("keys", "rotate", key[3:11], "--overlap-hours", "0")
    assert rotated.stdout.startswith("cm_")
    assert run("keys", "list", "acme").stdout.count("expired") == 2


def test_a_postgresql_database_is_set_up_and_used_from_the_command_line(run, monkeypatch, postgres):
    name = postgres.create("template0")
    made = run("init", "--database-url", postgres.url(OWNER, name), "--application-role", "cli_service")
    assert (made.returncode, len(made.stdout.split())) == (0, 1)
    assert f"postgresql://127.0.0.1:{postgres.port}/{name}" in made.stderr
    assert WORD not in made.stderr
    url = f"postgresql://cli_service:{made.stdout.strip()}@127.0.0.1:{postgres.port}/{name}"
    monkeypatch.setenv("DATABASE_URL", url)
    assert run("keys", "create", "acme").stdout.startswith("cm_")
    assert run("learn", "--tenant", "acme", "Maya moved to Lisbon.").returncode == 0
    assert run("recall", "--tenant", "acme", "where is Maya").stdout == "[user] Maya moved to Lisbon.\n"
    status = run("status", "--json").stdout
    assert made.stdout.strip() not in status
    assert (json.loads(status)["state"], json.loads(status)["memories"]) == ("ready", 1)
    assert run("init").stdout.startswith(f"Database ready: postgresql://127.0.0.1:{postgres.port}/{name}\n")
    assert run("forget", "--everything", "--yes", "--tenant", "acme").returncode == 0
    postgres.drop(name)


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


def test_commands_are_observed_as_short_lived_and_the_server_is_not(run, monkeypatch):
    import telemetry
    from continuum.core.observing import start_telemetry

    asked = []
    monkeypatch.setattr(telemetry, "setup", lambda **given: asked.append(given["short_lived"]))
    monkeypatch.setenv("SENTRY_DSN", "http://key@127.0.0.1:9/1")
    run("status")
    start_telemetry()
    assert asked == [True, False]
