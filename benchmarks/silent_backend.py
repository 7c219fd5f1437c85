"""p99 of requests with a backend that accepts and never answers, beside telemetry off and a healthy backend.

The variants are measured in turn in each round, in an order that changes, because machines are noisy.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "wire"))

from programs import BIN, Listening  # noqa: E402  # the suite's own, which is no package
from request_cost import load  # noqa: E402  # stands beside this file

from telemetry.testing.sink import SilentSink, Sink  # noqa: E402  # after the path that the line above needs

VARIANTS = ("off", "off again", "silent", "healthy")


def measure(dsn: str | None, requests: int, workers: int, folder: Path) -> dict[str, float]:
    """Milliseconds at the median and the 99th percentile."""
    settings = {"MEASURED_DATABASE": f"sqlite:///{folder}/notes.db"}
    if dsn is not None:
        settings |= {"SENTRY_DSN": dsn, "SENTRY_TRACES_SAMPLE_RATE": "1"}
    command = [str(BIN / "uvicorn"), "measured_app:app", "--port={port}", f"--app-dir={HERE}"]
    with Listening([*command, "--log-level=error"], home=folder, settings=settings) as server:
        load(server.port, 200, workers)
        latencies = load(server.port, requests, workers)
        return {
            "p50": 1000 * statistics.median(latencies),
            "p99": 1000 * statistics.quantiles(latencies, n=100)[98],
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=1, help="connections that send side by side")
    options = parser.parse_args()
    rounds: list[dict[str, dict[str, float]]] = []
    silent = SilentSink()
    with tempfile.TemporaryDirectory() as folder, Sink() as healthy:
        dsns = {"silent": silent.dsn(), "healthy": healthy.dsn()}
        for number in range(options.rounds):
            turned = VARIANTS[number % len(VARIANTS) :] + VARIANTS[: number % len(VARIANTS)]
            rounds.append(
                {
                    name: measure(
                        dsns.get(name), options.requests, options.workers, Path(folder) / f"{number}-{name}"
                    )
                    for name in turned
                }
            )
    silent.close()
    print(
        f"{options.rounds} rounds of {options.requests} requests, {options.workers} at a time, "
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
