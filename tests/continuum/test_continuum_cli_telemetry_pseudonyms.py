from __future__ import annotations

import hashlib
import hmac
import json
import os
import stat
import subprocess
import sys

import pytest

KEY, BEFORE = "0123456789abcdef0123456789abcdef", "before-" * 6
VARIABLE = "CONTINUUM_TELEMETRY_HASH_KEY"


@pytest.fixture
def run():
    """The command line in a process of its own."""

    def start(*arguments):
        command = [sys.executable, "-m", "continuum.cli", "telemetry", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return start


@pytest.fixture
def audit(tmp_path):
    return tmp_path / "share" / "continuum" / "telemetry" / "whois-audit.log"


@pytest.fixture
def keyed(monkeypatch):
    monkeypatch.setenv(VARIABLE, KEY)


def test_the_pseudonym_stands_alone_on_standard_output_and_the_key_nowhere(run, keyed):
    done = run("tenant-hash", "acme")
    assert done.stdout == "7fb5-fe695983e8caa23dc0f40a125f0f93ba\n"
    assert VARIABLE in done.stderr
    assert KEY not in done.stderr


def test_a_tenant_and_a_user_of_the_same_name_have_different_pseudonyms(run, keyed):
    assert (
        len({run("tenant-hash", "acme", "--kind", kind).stdout for kind in ("tenant", "user", "peer")}) == 3
    )
    assert run("tenant-hash", "acme", "--kind", "dog").returncode == 2


def test_the_key_may_come_from_a_file_or_be_the_kept_one(run, monkeypatch, tmp_path):
    kept = run("tenant-hash", "acme")
    assert "kept in the data directory" in kept.stderr
    assert run("tenant-hash", "acme").stdout == kept.stdout
    (tmp_path / "key").write_text(KEY)
    monkeypatch.setenv(f"{VARIABLE}_FILE", str(tmp_path / "key"))
    from_file = run("tenant-hash", "acme")
    assert from_file.stdout.startswith("7fb5-")
    assert f"{VARIABLE}_FILE" in from_file.stderr


def test_a_key_that_is_too_short_is_said_to_be_ignored_without_being_shown(run, monkeypatch):
    monkeypatch.setenv(VARIABLE, "canary")
    done = run("tenant-hash", "acme")
    assert f"{VARIABLE} is not valid" in done.stderr
    assert "canary" not in done.stderr


def test_without_a_key_there_is_no_pseudonym(run, tmp_path):
    (tmp_path / "share").write_text("no directory")
    for command in (["tenant-hash", "acme"], ["collector-key"]):
        done = run(*command)
        assert (done.returncode, done.stdout) == (1, "")
        assert VARIABLE in done.stderr


def test_it_works_with_telemetry_off_and_without_the_extra(keyed, monkeypatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    program = (
        "import sys\n"
        "for name in ('opentelemetry', 'sentry_sdk', 'urllib3', 'sqlalchemy', 'fastapi'):\n"
        "    sys.modules[name] = None\n"
        "from continuum.cli.main import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program, "telemetry", "tenant-hash", "acme"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "7fb5-fe695983e8caa23dc0f40a125f0f93ba\n"


def test_a_collector_makes_the_same_pseudonym_with_its_key(run, keyed):
    key = run("collector-key").stdout.strip()
    digest = hmac.new(key.encode(), b"acme", hashlib.sha256).hexdigest()
    assert run("tenant-hash", "acme").stdout.strip() == f"7fb5-{digest[:32]}"
    assert KEY not in key


def test_whois_finds_a_tenant_of_the_local_database(run, keyed, make_tenant):
    make_tenant("other")
    make_tenant("acme")
    done = run("whois", run("tenant-hash", "acme").stdout.strip())
    assert (done.returncode, done.stdout) == (0, "acme\n")


def test_whois_says_when_nobody_has_the_pseudonym(run, keyed, make_tenant):
    make_tenant("other")
    done = run("whois", run("tenant-hash", "acme").stdout.strip())
    assert (done.returncode, done.stdout) == (1, "")
    assert "no tenant of the local database" in done.stderr


def test_whois_says_when_there_is_no_database_and_makes_none(run, keyed, tmp_path):
    done = run("whois", "7fb5-" + "0" * 32)
    assert done.returncode == 1
    assert "no local database" in done.stderr
    assert not (tmp_path / "continuum.db").exists()


def test_whois_says_when_another_key_made_the_pseudonym(run, keyed, make_tenant):
    make_tenant("acme")
    done = run("whois", "0000-" + "0" * 32)
    assert done.returncode == 1
    assert "another key made it: its key id is 0000, the keys here have 7fb5" in done.stderr


@pytest.mark.parametrize(
    "wrong", ["canary", "7FB5-" + "0" * 32, "7fb5-" + "0" * 31, "7fb5-" + "0" * 32 + "\n"]
)
def test_whois_names_the_form_of_a_pseudonym(run, keyed, audit, wrong):
    done = run("whois", wrong)
    assert (done.returncode, done.stdout) == (2, "")
    assert "4 hex digits, a hyphen and 32 hex digits" in done.stderr
    assert not audit.exists()


def test_after_a_rotation_whois_knows_both_keys_and_new_pseudonyms_are_made_with_the_current(
    run, monkeypatch, make_tenant
):
    make_tenant("acme")
    monkeypatch.setenv(VARIABLE, BEFORE)
    old = run("tenant-hash", "acme").stdout.strip()
    monkeypatch.setenv(VARIABLE, KEY)
    assert run("whois", old).returncode == 1
    monkeypatch.setenv(f"{VARIABLE}_PREVIOUS", BEFORE)
    assert run("tenant-hash", "acme").stdout.startswith("7fb5-")
    assert run("whois", old).stdout == "acme\n"
    assert run("whois", run("tenant-hash", "acme").stdout.strip()).stdout == "acme\n"


def test_every_question_is_noted_for_the_owner_alone_without_the_tenant(run, keyed, make_tenant, audit):
    make_tenant("canary-tenant")
    found = run("tenant-hash", "canary-tenant").stdout.strip()
    unknown = "7fb5-" + "0" * 32
    run("whois", found)
    run("whois", unknown)
    lines = [json.loads(line) for line in audit.read_text().splitlines()]
    assert [(line["hash"], line["found"]) for line in lines] == [(found, True), (unknown, False)]
    assert all(line["time"] and line["user"] for line in lines)
    assert "canary-tenant" not in audit.read_text()
    assert stat.S_IMODE(audit.stat().st_mode) == 0o600


def test_the_user_in_the_audit_log_is_not_what_a_variable_says(run, keyed, audit, monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    run("whois", "7fb5-" + "0" * 32)
    assert "somebody-else" not in audit.read_text()


@pytest.mark.parametrize("obstacle", ["directory", "link", "pipe"])
def test_without_the_audit_line_there_is_no_answer(run, keyed, make_tenant, audit, obstacle):
    make_tenant("acme")
    audit.parent.mkdir(parents=True)
    if obstacle == "directory":
        audit.mkdir()
    elif obstacle == "link":
        audit.symlink_to(audit.with_name("elsewhere"))
    else:
        os.mkfifo(audit)
    done = run("whois", run("tenant-hash", "acme").stdout.strip())
    assert (done.returncode, done.stdout) == (1, "")
    assert "can't be noted" in done.stderr
    assert "acme" not in done.stderr
