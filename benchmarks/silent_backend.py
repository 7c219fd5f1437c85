"""p99 of requests with a backend that accepts and never answers, beside telemetry off and a healthy backend.

Two applications: a small one that asks a cache and a database and does nothing else, so that what telemetry costs
shows most, and with ``--service`` the product's own ``POST /v1/recall`` over a thousand memories. The variants are
measured in turn in each round, in an order that changes, because machines are noisy.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "wire"))

from programs import BIN, Listening, environment  # noqa: E402  # the suite's own, which is no package
from request_cost import load  # noqa: E402  # stands beside this file

from telemetry.testing.sink import SilentSink, Sink  # noqa: E402  # after the path that the line above needs

VARIANTS = ("off", "off again", "silent", "healthy")
MEMORIES = 1000
QUESTIONS = ("Which garden did we see in June?", "Who plays the violin?", "What was for dinner on Sunday?")


class Notes:
    """One Redis GET where there is one, and three SELECTs a request."""

    app = "measured_app:app"
    settings: dict[str, str] = {}  # noqa: RUF012  # nobody writes to it

    def __init__(self, folder: Path) -> None:
        self.settings = {"MEASURED_DATABASE": f"sqlite:///{folder}/notes.db"}

    def load(self, port: int, requests: int, workers: int) -> list[float]:
        """Latencies in seconds."""
        return load(port, requests, workers)


class Service:
    """The memory service on its embedded default."""

    app = "continuum.api.server:app"

    def __init__(self, folder: Path) -> None:
        self.settings = {"DATABASE_URL": f"sqlite:///{folder}/memory.db", "CONTINUUM_RATE_LIMIT": "0"}
        command = [str(BIN / "continuum"), "keys", "create", "measured"]
        folder.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(
            command, env=environment(folder, self.settings), check=True, capture_output=True, text=True
        )
        self._key = made.stdout.strip()
        self._is_filled = False

    def load(self, port: int, requests: int, workers: int) -> list[float]:
        """Latencies in seconds; the first call learns what is recalled."""
        if not self._is_filled:
            self._is_filled = True
            words = Path(HERE / "request_cost.py").read_text(encoding="utf-8").split()
            said = [{"text": " ".join(words[n % 500 : n % 500 + 12]) + f" {n}"} for n in range(MEMORIES)]
            self._send(port, "/v1/learn/batch", {"items": said})
        latencies: list[float] = []

        def run(share: int) -> None:
            for number in range(share):
                started = time.perf_counter()
                self._send(port, "/v1/recall", {"message": f"{QUESTIONS[number % 3]} {number}"})
                latencies.append(time.perf_counter() - started)

        threads = [threading.Thread(target=run, args=(requests // workers,)) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return latencies

    def _send(self, port: int, path: str, body: object) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"X-API-Key": self._key, "Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status} {text[:200]!r}")


def measure(
    make: Callable[[Path], Notes | Service],
    dsn: str | None,
    rate: str | None,
    given: argparse.Namespace,
    folder: Path,
) -> dict[str, float]:
    """Milliseconds at the median and the 99th percentile."""
    application = make(folder)
    settings = dict(application.settings)
    if dsn is not None:
        settings |= {"SENTRY_DSN": dsn, "CONTINUUM_ENV": "production"}
        if rate is not None:
            settings["SENTRY_TRACES_SAMPLE_RATE"] = rate
    command = [str(BIN / "uvicorn"), application.app, "--port={port}", f"--app-dir={HERE}"]
    with Listening([*command, "--log-level=error"], home=folder, settings=settings) as server:
        application.load(server.port, 300, given.workers)
        time.sleep(2)  # what happens once in a process's life has happened
        latencies = application.load(server.port, given.requests, given.workers)
        return {
            "p50": 1000 * statistics.median(latencies),
            "p99": 1000 * statistics.quantiles(latencies, n=100)[98],
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=1, help="connections that send side by side")
    parser.add_argument(
        "--service", action="store_true", help="the memory service instead of the small application"
    )
    parser.add_argument("--rate", help="SENTRY_TRACES_SAMPLE_RATE; without it the default of production, 0.1")
    given = parser.parse_args()
    rounds: list[dict[str, dict[str, float]]] = []
    silent = SilentSink()
    with tempfile.TemporaryDirectory() as folder, Sink() as healthy:
        dsns = {"silent": silent.dsn(), "healthy": healthy.dsn()}
        make = Service if given.service else Notes
        for number in range(given.rounds):
            turned = VARIANTS[number % len(VARIANTS) :] + VARIANTS[: number % len(VARIANTS)]
            places = {name: Path(folder) / f"{number}-{name.replace(' ', '-')}" for name in turned}
            rounds.append(
                {
                    name: measure(make, dsns.get(name), given.rate, given, place)
                    for name, place in places.items()
                }
            )
    silent.close()
    print(
        f"{given.rounds} rounds of {given.requests} requests, {given.workers} at a time, "
        f"{os.cpu_count()} processors; milliseconds and ratios to off, as median [range]"
    )
    for name in VARIANTS:
        cells = [_cell([row[name][figure] for row in rounds], "ms") for figure in ("p50", "p99")]
        ratios = _cell([row[name]["p99"] / row["off"]["p99"] for row in rounds], "of off")
        print(f"{name:<10} p50 {cells[0]:<26} p99 {cells[1]:<28} p99 {ratios}")
    return 0


def _cell(values: list[float], unit: str) -> str:
    return f"{statistics.median(values):.2f} {unit} [{min(values):.2f}-{max(values):.2f}]"


if __name__ == "__main__":
    sys.exit(main())
