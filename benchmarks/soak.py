"""Memory, threads and the ledger's sums over minutes at saturation; and what a million spans leave behind."""

from __future__ import annotations

import argparse
import contextlib
import gc
import http.client
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import types
from collections import Counter, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "wire"))

from programs import BIN, Listening  # noqa: E402  # the suite's own, which is no package

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OURS = ("telemetry", "sentry_sdk", "opentelemetry")
GROWN = 200
"""Entries more than after the first tenth of the spans, from which on a container counts as growing."""
IN_A_ROW = 100
"""Pairs of spans between two flushes: a full queue would keep the rest from the gate."""
STEEPEST = 0.5
"""MB a minute that the slope may be beyond its noise."""


class CountingSink:
    """Takes everything and keeps nothing: what it kept would be taken for a leak of the measured process."""

    def __init__(self) -> None:
        self.bodies = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                outer.bodies += 1
                self.send_response(200)
                # In one piece: a second one would wait for the first one's acknowledgement.
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://bench@127.0.0.1:{self._server.server_address[1]}/1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


# --- minutes at saturation ---


def resident_megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def threads_of(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())


def saturate(port: int, until: float, answered: list[int]) -> None:
    """Send requests, each hundredth of them for an error, as fast as they are answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number in itertools.count(1):
        if time.monotonic() >= until:
            break
        try:
            connection.request("GET", "/work" if number % 100 else "/broken")
            connection.getresponse().read()
            answered[0] += 1
        except (OSError, http.client.HTTPException):
            connection.close()
    connection.close()


def slope(points: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """MB a minute by least squares, and the middle 95 % of what pieces of the series, put together anew, say.

    Neighbouring points resemble each other, so pieces of five are drawn, not points.
    """
    fitted = statistics.linear_regression(*zip(*points, strict=True))
    left = [y - fitted.slope * x - fitted.intercept for x, y in points]
    rng, drawn = random.Random(1), []
    for _ in range(400):
        noise: list[float] = []
        while len(noise) < len(points):
            at = rng.randrange(max(1, len(points) - 5))
            noise.extend(left[at : at + 5])
        again = [(x, fitted.slope * x + noise[number]) for number, (x, _) in enumerate(points)]
        drawn.append(statistics.linear_regression(*zip(*again, strict=True)).slope)
    low, *_, high = statistics.quantiles(drawn, n=40)
    return 60 * fitted.slope, 60 * low, 60 * high


def soak(minutes: float, clients: int) -> bool:
    sink = CountingSink()
    settings = {"SENTRY_DSN": sink.dsn, "SENTRY_TRACES_SAMPLE_RATE": "1", "CHAOS_NOTES": os.devnull}
    command = [str(BIN / "uvicorn"), "chaos_app:app", "--port={port}", f"--app-dir={HERE}"]
    answered, points = [0], []
    with (
        tempfile.TemporaryDirectory() as folder,
        Listening([*command, "--log-level=critical"], home=Path(folder), settings=settings) as server,
    ):
        pid, began = server.process.pid, time.monotonic()
        until = began + 60 * minutes
        senders = [
            threading.Thread(target=saturate, args=(server.port, until, answered)) for _ in range(clients)
        ]
        for sender in senders:
            sender.start()
        threads = []
        while time.monotonic() < until:
            time.sleep(2)
            points.append((time.monotonic() - began, resident_megabytes(pid)))
            threads.append(threads_of(pid))
        for sender in senders:
            sender.join()
        time.sleep(3)
        unsampled = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-00"}
        ledger = server.call("/process", headers=unsampled).json()["ledger"]
    half = [point for point in points if point[0] > 30 * minutes]
    steep, low, high = slope(half)
    print(f"{minutes:g} minutes, {clients} clients, {answered[0]} requests, {sink.bodies} bodies sent")
    print(
        f"memory: {points[0][1]:.0f} MB at first, {half[0][1]:.1f} MB at half time, {points[-1][1]:.1f} MB "
        f"at the end; over the last half {steep:+.3f} MB/min [{low:+.3f} to {high:+.3f}]"
    )
    settled = threads[len(threads) // 2 :]
    print(f"threads over the last half: {min(settled)} to {max(settled)}")
    print(f"ledger: {json.dumps({key: ledger[key] for key in ('accepted', 'ended', 'in_flight', 'faults')})}")
    flat = low <= STEEPEST
    return flat and min(settled) == max(settled) and not any(ledger["in_flight"].values())


# --- a million spans ---


def containers() -> Iterator[tuple[str, Any]]:
    """Every dict, list, set and deque that a module of ours or an object of our classes holds, with its place."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in OURS and isinstance(module, types.ModuleType):
            yield from _named(name, vars(module))
    for thing in gc.get_objects():
        kind = type(thing)
        if str(kind.__module__).partition(".")[0] not in OURS:
            continue
        place = f"{kind.__module__}.{kind.__qualname__}"
        with contextlib.suppress(Exception):  # an object of somebody else may be half made
            yield from _named(place, getattr(thing, "__dict__", {}))
            slots = (slot for base in kind.__mro__ for slot in getattr(base, "__slots__", ()))
            yield from _named(place, {slot: getattr(thing, slot, None) for slot in slots})


def _named(place: str, attributes: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in list(attributes.items()):
        if isinstance(value, (dict, list, set, deque)):
            yield f"{place}.{name}", value


def census() -> Counter[str]:
    """Entries by place; objects of one class are added up, so more of them are seen as well."""
    gc.collect()
    found: Counter[str] = Counter()
    seen: set[int] = set()
    for place, container in containers():
        if id(container) not in seen:
            seen.add(id(container))
            found[place] += len(container)
    for kind, number in Counter(
        f"{type(thing).__module__}.{type(thing).__qualname__}" for thing in gc.get_objects()
    ).items():
        found[f"objects of {kind}"] = number
    return found


def make_spans(number: int) -> None:
    """Pairs of a server span that continues a remote trace and a child whose context is injected."""
    from opentelemetry import propagate, trace

    import telemetry

    tracer = trace.get_tracer("soak")
    carrier = {}
    for pair in range(number // 2):
        incoming = {"traceparent": f"00-{random.getrandbits(128) or 1:032x}-{pair + 1:016x}-01"}
        incoming["baggage"] = f"step={pair}"
        with (
            tracer.start_as_current_span(
                "soak.request", context=propagate.extract(incoming), kind=trace.SpanKind.SERVER
            ),
            tracer.start_as_current_span("soak.part", attributes={"http.request.method": "GET"}),
        ):
            carrier.clear()
            propagate.inject(carrier)
        if pair % IN_A_ROW == 0:
            telemetry.flush(30)


def settled(timeout: float = 20) -> dict[str, Any]:
    """Deliver everything; the ledger then."""
    import telemetry

    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        telemetry.flush(5)
        ledger = telemetry.status()["ledger"]
        if not any(ledger["in_flight"].values()):
            break
    return telemetry.status()["ledger"]


def count_spans(number: int, transport: str) -> bool:
    """In this process: a tenth of the spans, a census, the others, and what has grown since."""
    import telemetry

    sink = CountingSink()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "SENTRY_DSN": sink.dsn,
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "SENTRY_TRACES_TRANSPORT": transport,
            "CONTINUUM_TELEMETRY_SPOOL_DIR": folder,
        }
        telemetry.setup(service="soak", version="1.0.0")
        make_spans(number // 10)
        settled()
        before, memory = census(), resident_megabytes(os.getpid())
        began = time.monotonic()
        make_spans(number - number // 10)
        ledger = settled()
        took = time.monotonic() - began
        after = census()
        grown = {place: after[place] - before[place] for place in after if after[place] > before[place]}
        telemetry.shutdown()
    large = {place: by for place, by in grown.items() if by > GROWN}
    print(f"{transport}: {number} spans in {took:.0f} s after the first tenth, {sink.bodies} bodies sent")
    print(f"memory: {memory:.1f} MB after a tenth, {resident_megabytes(os.getpid()):.1f} MB at the end")
    print(f"ledger: {json.dumps({key: ledger[key] for key in ('accepted', 'ended', 'in_flight', 'faults')})}")
    most = sorted(grown.items(), key=lambda pair: -pair[1])[:8]
    print("grown most: " + (", ".join(f"{place} +{by}" for place, by in most) or "nothing"))
    print(f"by more than {GROWN}: {large or 'nothing'}\n", flush=True)
    return not large and not any(ledger["in_flight"].values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="at saturation; 0 for none")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--spans", type=int, default=0, help="1000000 for a million, by each transport")
    parser.add_argument("--transport", choices=("otlp", "envelope"), help="in this process, this one alone")
    options = parser.parse_args()
    if options.transport:
        return 0 if count_spans(options.spans, options.transport) else 1
    good = soak(options.minutes, options.clients) if options.minutes else True
    if options.spans:
        for transport in ("otlp", "envelope"):
            # A process each: what one transport leaves behind must not stand in the other's census.
            command = [sys.executable, __file__, "--spans", str(options.spans), "--transport", transport]
            good &= subprocess.run(command, check=False).returncode == 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
