"""The commands of whoever runs the service: doctor, backup and restore."""

import json
import os
import shutil
import subprocess

import pytest
from real_postgres import APPLICATION, OWNER, WORD

from continuum.core.addresses import database_address
from continuum.storage.setup import set_up


@pytest.fixture
def acme(run, monkeypatch):
    monkeypatch.setenv("CONTINUUM_TENANT", "acme")
    run("keys", "create", "acme")
    run("learn", "Maya moved to Lisbon.", "Noted.")


def test_the_doctor_makes_nothing_and_says_that_there_is_nothing(run, tmp_path):
    found = run("doctor", "--verify")
    assert (found.returncode, list(tmp_path.glob("*.db"))) == (1, [])
    assert "continuum init" in found.stdout


@pytest.mark.usefixtures("acme")
def test_the_doctor_finds_nothing_where_all_is_well(run, monkeypatch, valkey):
    monkeypatch.setenv("REDIS_URL", valkey.url)
    monkeypatch.setattr("continuum.cache.client.SOCKET_SECONDS", 5.0)
    well = run("doctor", "--verify")
    assert (well.returncode, well.stdout) == (
        0,
        "database:  ready\nredis:     answers\nverified:  file, tables, index and log agree\n",
    )
    assert json.loads(run("doctor", "--json").stdout) == {"redis": "answers", "database": "ready"}
    valkey.kill()
    ill = run("doctor")
    assert (ill.returncode, "redis:     doesn't answer" in ill.stdout) == (1, True)


@pytest.mark.usefixtures("acme")
def test_the_doctor_names_what_disagrees_and_no_tenant(run, database):
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE memories SET text = 'canary' WHERE number = 1")
    ill = run("doctor", "--verify")
    assert ill.returncode == 1
    assert "1 memories whose text isn't the one that was learned (tenant number 1)" in ill.stdout
    assert "canary" not in ill.stdout
    assert "acme" not in ill.stdout


def test_the_doctor_says_why_a_database_can_not_be_opened(run, tmp_path):
    (tmp_path / "continuum.db").write_text("no database " * 100)
    ill = run("doctor")
    assert (ill.returncode, ill.stdout.splitlines()[0]) == (1, "database:  the database can't be opened")


@pytest.mark.usefixtures("acme")
def test_a_backup_is_restored(run, tmp_path):
    copy = str(tmp_path / "copy.db")
    assert "Backed up" in run("backup", copy).stderr
    again = run("backup", copy)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    run("learn", "Maya moved on to Porto.")
    refused = run("restore", copy)
    assert (refused.returncode, "--replace" in refused.stderr) == (1, True)
    assert run("restore", copy, "--replace").returncode == 0
    assert json.loads(run("status", "--json").stdout)["memories"] == 2
    assert run("doctor", "--verify").returncode == 0
    assert run("restore", str(tmp_path / "nothing")).returncode == 2
    (tmp_path / "empty").write_bytes(b"")
    empty = run("restore", str(tmp_path / "empty"), "--replace")
    assert (empty.returncode, empty.stderr) == (1, "Error: the copy is no database of ours\n")
    assert run("backup", str(tmp_path / "nowhere" / "copy.db")).returncode == 1
    (tmp_path / "continuum.db").unlink()
    assert run("backup", str(tmp_path / "other")).returncode == 1


def test_postgresql_is_left_to_its_own_tools(run, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://canary:canary@h/d")
    for command in (["backup", "x"], ["restore", __file__]):
        told = run(*command)
        assert told.returncode == 1
        assert "pg_dump" in told.stderr
        assert "canary" not in told.stderr


def test_the_commands_of_the_documentation_copy_a_postgresql_database(run, monkeypatch, postgres, tmp_path):
    def use(role, name):
        monkeypatch.setenv("DATABASE_URL", postgres.url(role, name))

    def tool(program, *arguments):
        return subprocess.run(
            [shutil.which(program, path=postgres.programs), *arguments],
            capture_output=True, text=True, timeout=60, check=False, env=os.environ | {"PGPASSWORD": WORD},
        )  # fmt: skip

    name, dump = postgres.create(), str(tmp_path / "copy.dump")
    use(APPLICATION, name)
    run("keys", "create", "acme")
    run("learn", "--tenant", "acme", "Maya moved to Lisbon.")
    # Who is bound by row security would write a copy without anything: pg_dump refuses instead.
    for role in (APPLICATION, OWNER):
        assert tool("pg_dump", "--format=custom", f"--file={dump}", postgres.url(role, name)).returncode == 1
    made = tool("pg_dump", "--format=custom", f"--file={dump}", postgres.url("admin", name))
    assert made.returncode == 0, made.stderr
    other = postgres.create("template0")
    back = tool("pg_restore", f"--dbname={postgres.url('admin', other)}", "--exit-on-error", dump)
    assert back.returncode == 0, back.stderr
    set_up(database_address(postgres.url(OWNER, other)))
    use(APPLICATION, other)
    assert run("doctor", "--verify").returncode == 0
    assert run("recall", "--tenant", "acme", "where is Maya").stdout == "[user] Maya moved to Lisbon.\n"
    for used in (name, other):
        postgres.drop(used)
