"""``continuum sync`` between two servers, as processes: memories travel, and one trace with them."""

import json
import os
import socket
import stat
import subprocess
import sys
import urllib.request
from contextlib import ExitStack

import pytest

from continuum.cli.main import main
from continuum.federation.keyfiles import ensure_identity
from continuum.federation.peering import add_peer
from continuum.federation.settings import SyncSettings
from continuum.storage.database import open_database
from continuum.storage.keys import create_key
from continuum.storage.peers import acknowledgements
from continuum.storage.tenants import ensure_tenant
from telemetry.testing.sink import Sink

SAID = "Roswitha told Ottokar about the vault"
PUSHED = "POST /v1/sync/changes"
TENANTS = ("clinic-of-roswitha", "archive-of-ottokar")


@pytest.fixture
def run(monkeypatch, capsys):
    """The command line in this process: its exit code, and what it printed."""

    def start(*arguments):
        monkeypatch.setattr(sys, "argv", ["continuum", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        printed = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, caught.value.code, printed.out, printed.err)

    return start


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Machine:
    """One machine: its own home, database, tenant and server."""

    def __init__(self, home, tenant, sink):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sync = SyncSettings(home / "keys")
        self.identity = ensure_identity(self.sync)
        self.database = open_database(home / "continuum.db")
        with self.database.write() as connection:
            self.tenant = ensure_tenant(connection, tenant)
            self.sync_key = create_key(connection, self.tenant, ["sync"])
            self.key = create_key(connection, self.tenant, ["read", "write"])
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "XDG_DATA_HOME": str(home / "data"),
            "DATABASE_URL": f"sqlite:///{home}/continuum.db", "CONTINUUM_TENANT": tenant,
            "CONTINUUM_SYNC_DIRECTORY": str(self.sync.directory),
            "SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "1",
            "CONTINUUM_TELEMETRY_HASH_KEY": "a key of the test suite, long enough to count",
        }  # fmt: skip

    def run(self, *arguments):
        command = [sys.executable, "-m", "continuum.cli", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def call(self, path, **body):
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(),
            {"X-API-Key": self.key, "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def erased_at(self, receipt):
        with self.database.read(self.tenant) as connection:
            return acknowledgements(connection, self.tenant, receipt)


def test_two_servers_exchange_memories_and_one_trace_spans_both(tmp_path, spawn):
    with Sink() as sink, ExitStack() as stack:
        one, other = (Machine(tmp_path / name, name, sink) for name in TENANTS)
        for machine in (one, other):
            stack.callback(machine.database.close)
            command = [sys.executable, "-m", "continuum.cli", "serve", "--port", str(machine.port)]
            spawn(command, machine.port, env=machine.environment)
        ident = one.call("/v1/memories", text=SAID)["memory_ids"][0]
        other.call("/v1/memories", text="tea is in the cupboard")
        where = {"url": other.url, "api_key": other.sync_key}
        add_peer(one.database, one.sync, one.tenant, other.identity.public_key, **where)
        add_peer(other.database, other.sync, other.tenant, one.identity.public_key)
        done = one.run("sync", "--json")
        (figures,) = json.loads(done.stdout).values()
        assert (figures["taken"]["made"], figures["given"]) == (1, 1), done.stderr
        assert SAID in json.dumps(other.call("/v1/recall", message="Ottokar and the vault"))
        receipt = one.call("/v1/forget", memory_id=ident)["id"]
        assert one.erased_at(receipt) == {other.identity.key_id: False}
        assert "took 0 operations (0 new memories, 0 erased), gave 1" in one.run("sync").stdout
        assert one.erased_at(receipt) == {other.identity.key_id: True}
        assert SAID not in json.dumps(other.call("/v1/search"))

        def exchanges(found):
            return [spans for spans in found.traces().values() if PUSHED in names(spans)]

        sink.wait_for(lambda found: [len(spans) > 8 for spans in exchanges(found)] == [True, True])
        for spans in exchanges(sink):
            # The command here, its requests' spans there, and what both did.
            assert names(spans) >= {"cli.command", "sync_memory", PUSHED, "GET /v1/sync/changes"}
            assert sum(span.name == "sync_memory" for span in spans) >= 4
            assert len({str(span.resource.get("service.instance.id")) for span in spans}) == 2
        everything = b"".join(request.body for request in sink.requests)
        for secret in (SAID, *TENANTS, one.sync_key, other.sync_key, other.identity.public_key):
            assert secret.encode() not in everything
    files = [path for path in one.sync.directory.rglob("*") if path.is_file()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600] * 2


def names(spans):
    return {span.name for span in spans}


def test_what_is_pinned_is_checked_first_and_nothing_is_sent_before(run, monkeypatch, tmp_path):
    monkeypatch.setenv("CONTINUUM_TENANT", "acme")
    run("keys", "create", "acme")
    key = run("sync", "keys").stdout.strip()
    assert key == run("sync", "keys").stdout.strip()
    monkeypatch.setenv("CONTINUUM_SYNC_DIRECTORY", str(tmp_path / "other"))
    other = run("sync", "keys").stdout.strip()
    monkeypatch.delenv("CONTINUUM_SYNC_DIRECTORY")
    canary = tmp_path / "api.key"
    canary.write_text("cm_canary")
    for arguments, told in (
        ([key], "this instance itself"),
        (["canary"], "43 URL-safe characters"),
        ([other, "--url", "https://canary.example"], "--api-key-file"),
        ([other, "--url", "https://canary.example", "--api-key-file", str(canary)], "begins with cm_"),
        ([other, "--url", "http://canary.example", "--api-key-file", str(canary)], "--plain-http"),
        ([other, "--url", "ftp://canary", "--api-key-file", str(canary)], "https://host"),
        ([other, "--url", "https://user:canary@host", "--api-key-file", str(canary)], "https://host"),
    ):
        refused = run("sync", "peers", "add", *arguments)
        assert refused.returncode in {1, 2}
        assert told in refused.stderr
        assert "canary" not in refused.stderr.replace(str(canary), "")
    assert run("sync", "peers", "list").stderr == "No peers.\n"
    assert run("sync", "peers", "add", other).returncode == 0
    # A peer without an address is never called.
    assert "No peer with an address" in run("sync").stderr
    key_id = run("sync", "peers", "list").stdout.split()[0]
    run("learn", "tea")
    receipt = json.loads(run("forget", "--session", "none", "--json").stdout)["id"]
    assert run("sync", "receipt", receipt).stdout == f"{key_id}  not yet\n"
    assert run("sync", "receipt", "canary").returncode == 1
    assert run("sync", "forgotten").returncode == 0
    assert run("sync", "peers", "remove", key_id).returncode == 0
    assert run("sync", "peers", "remove", key_id).returncode == 1
    assert run("sync", "private", "diary").stderr == "It stays here.\n"


@pytest.mark.parametrize("place", ["file", "environment"])
def test_a_private_key_that_others_can_read_or_that_is_none_is_refused(run, monkeypatch, tmp_path, place):
    monkeypatch.setenv("CONTINUUM_SYNC_DIRECTORY", str(tmp_path))
    run("sync", "keys")
    if place == "file":
        (tmp_path / "instance.key").chmod(0o640)
    else:
        monkeypatch.setenv("CONTINUUM_SYNC_KEY", "canary")
    refused = run("sync", "keys")
    assert refused.returncode == 1
    assert "chmod" in refused.stderr or "43 URL-safe characters" in refused.stderr
    assert "canary" not in refused.stderr
