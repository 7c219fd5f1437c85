"""Where the pages are played: a folder of its own, and backends on loopback for those that pages name."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from doc_pages import ROOT, blocks

from telemetry.testing.sink import Sink

BIN = Path(sys.executable).parent
LACKING = [name for name in ("bash", "curl", "git", "openssl") if shutil.which(name) is None]
"""Programs that the pages use, and this machine hasn't."""
PORT = "8420"
DSN = "https://PUBLIC_KEY@o0.ingest.sentry.io/0"
COLLECTOR = "http://collector.example:4318"
SERVICE_ENV = f"""\
SENTRY_DSN={DSN}
CONTINUUM_ENV=production
CONTINUUM_RELEASE=0.3.0
CONTINUUM_TELEMETRY_HASH_KEY={"0123456789abcdef" * 4}
"""
TOKEN = "sntryu_" + "5e" * 32


def borrowed(path: str) -> Any:
    """A module of another folder of tests."""
    name = Path(path).stem
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / path)
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


class Stage:
    """A folder, an environment, and backends that stand for those that pages name.

    Where a page says ``https://PUBLIC_KEY@o0.ingest.sentry.io/0`` or ``http://collector.example:4318``, there is
    a sink; where it says 8420, a free port. ``yours:app`` is an application of three lines, ``service.env`` what
    a service is started with, and ``SENTRY_URL`` leads to a server that plays Sentry's API. What is printed is
    given back with the page's names.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "work"
        self._open = contextlib.ExitStack()
        self.sink = self._open.enter_context(Sink())
        self.collector = self._open.enter_context(Sink())
        self.api = self._open.enter_context(borrowed("telemetry/as_code/sentry_api.py").SentryApi(TOKEN))
        self.releases = self._open.enter_context(borrowed("deploy_sentry/release_server.py").ReleaseServer())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])
        self._prepare()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True)
        # As in a checkout: a page names files from the project's root.
        (self.folder / "deploy").symlink_to(ROOT / "deploy")
        (self.folder / "yours.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
        (self.folder / "service.env").write_text(self.real(SERVICE_ENV))
        (self.home / ".sentry-token").write_text(TOKEN + "\n")
        real = shutil.which("sentry-cli", path=str(BIN)) or "sentry-cli"
        own = self.home / "bin" / "sentry-cli"
        own.parent.mkdir()
        own.write_text(f'#!/bin/sh\nSENTRY_URL={self.releases.url} exec {real} "$@"\n')
        own.chmod(0o755)
        for command in (
            "init -q -b main",
            "config user.name Somebody",
            "config user.email somebody@home.example",
            "commit -q --allow-empty -m first",
            "remote add origin git@example.org:acme/continuum.git",
        ):
            subprocess.run(["git", *command.split()], cwd=self.folder, env=self.environment(), check=True)
        (self.folder / ".git" / "info" / "exclude").write_text("*\n")

    def environment(self) -> dict[str, str]:
        """Nothing of whoever runs the tests but the path."""
        return {
            "PATH": f"{self.home / 'bin'}:{BIN}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT),
            "SENTRY_URL": self.api.url,
        }

    def write_files(self, page: str) -> None:
        """Write the page's blocks of Python, each of which names its file."""
        for block in blocks(page):
            if block.name is not None and block.is_run:
                file = self.folder / block.name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(self.real(block.text))

    def real(self, text: str) -> str:
        """A page's text with what its names stand for."""
        text = text.replace(DSN, self.sink.dsn()).replace(COLLECTOR, self.collector.url)
        return re.sub(rf"\b{PORT}\b", self.port, text)

    def shown(self, text: str) -> str:
        """What was printed, with the page's names."""
        for real, name in (
            (self.sink.dsn(), DSN),
            (f"127.0.0.1:{self.sink.port}", "o0.ingest.sentry.io"),
            (f"127.0.0.1:{self.collector.port}", "collector.example:4318"),
            (self.api.url, "https://sentry.io"),
            (str(self.folder), "/srv/continuum"),
        ):
            text = text.replace(real, name)
        return re.sub(rf"\b{self.port}\b", PORT, text)
