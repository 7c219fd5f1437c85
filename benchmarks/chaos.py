"""What arrives, how often and what is lost, when processes are ended and backends misbehave.

Each row runs real programs against a backend on loopback. Spans and errors are told apart by their ids, so
lost and duplicates are counted, not inferred. The exit code is not 0 when a row breaks its bound.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Self

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "wire"))

from programs import BIN, Listening, Program  # noqa: E402  # the suite's own, which is no package

from telemetry.testing.sink import Answer, Sink  # noqa: E402  # after the path that the line above needs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

APP = str(HERE / "chaos_app.py")
UVICORN = (str(BIN / "uvicorn"), "chaos_app:app", "--port={port}", f"--app-dir={HERE}", "--no-access-log")
GUNICORN = (
    str(BIN / "gunicorn"),
    "chaos_app:app",
    "--bind=127.0.0.1:{port}",
    f"--chdir={HERE}",
    "--worker-class=uvicorn_worker.UvicornWorker",
)
SERVERS: dict[str, tuple[str, ...]] = {
    "uvicorn": UVICORN,
    "uvicorn --workers 2": (*UVICORN, "--workers=2", "--timeout-worker-healthcheck=30"),
    "gunicorn --workers 2": (*GUNICORN, "--workers=2"),
    "gunicorn --preload": (*GUNICORN, "--workers=2", "--preload"),
    "gunicorn --max-requests": (*GUNICORN, "--workers=1", "--max-requests=15"),
    "hypercorn": (str(BIN / "hypercorn"), "chaos_app:app", "--bind=127.0.0.1:{port}"),
    "granian": (
        str(BIN / "granian"),
        "chaos_app:app",
        "--interface=asgi",
        "--host=127.0.0.1",
        "--port={port}",
    ),
}
LATE = 2.0
"""Seconds before a kill -9 in which what was done may be lost: a batch waits for 1 s, then passes the gate."""
EXCHANGE = 10.0
"""Seconds for one exchange: until it has failed, what comes after it waits in memory."""
PAUSE = 2.0
"""Seconds for which a backend wants nothing, each time that it says so."""
BROUGHT_BACK = re.compile(r"(\d+) items that waited on disk were delivered")
LOST_ENDS = ("withheld", "queue_full", "too_large", "rejected", "rate_limited", "expired", "lost_at_shutdown")


@dataclass(frozen=True)
class Row:
    """What became of one scenario's items; ``accepted`` are spans and errors."""

    name: str
    requests: int
    accepted: int
    delivered: int
    duplicates: int
    lost: int
    exchanges: int
    most_lost: int = 0
    most_duplicates: int = 0
    seconds: float = 0.0
    note: str = ""
    broken: tuple[str, ...] = ()

    @property
    def troubles(self) -> list[str]:
        """Which bounds are broken."""
        found = list(self.broken)
        if not self.accepted:
            found.append("nothing was accepted")
        if self.lost > self.most_lost:
            found.append(f"{self.lost} lost, at most {self.most_lost} may be")
        if self.duplicates > self.most_duplicates:
            found.append(f"{self.duplicates} duplicates, at most {self.most_duplicates} may be")
        return found


class Backend:
    """A backend on one port that goes away and comes back; what it took stays known."""

    def __init__(self) -> None:
        self._sinks = [Sink()]
        self.port = self._sinks[0].port
        self.dsn = self._sinks[0].dsn()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.down()

    @property
    def sink(self) -> Sink:
        """The one that listens now."""
        return self._sinks[-1]

    def down(self) -> None:
        self.sink.close()

    def up(self) -> None:
        self._sinks.append(Sink(self.port))

    def spans(self) -> Iterator[tuple[str, str]]:
        """Trace and span id of each span that was taken, as often as it was."""
        for sink in self._sinks:
            yield from ((span.trace_id, span.span_id) for span in sink.spans())

    def errors(self) -> Iterator[tuple[str, str]]:
        """Trace and event id of each error that was taken, as often as it was."""
        for sink in self._sinks:
            yield from (
                (event["contexts"]["trace"]["trace_id"], event["event_id"]) for event in sink.errors()
            )

    def exchanges(self) -> int:
        return sum(len(sink.requests) for sink in self._sinks)


class Wire:
    """Stands before a backend and does to its connections what networks do."""

    def __init__(self, backend: Backend) -> None:
        self.way = "pass"
        """``pass``, ``cut`` a body in the middle, be ``silent``, or keep the ``answer`` back and cut then."""
        self._backend = backend
        self._held: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.dsn = backend.dsn.replace(f":{backend.port}/", f":{self.port}/")
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.close()
        self.turn("pass")

    def turn(self, way: str) -> None:
        """Behave differently from now on; connections that were held are cut."""
        self.way = way
        for held in self._held:
            _reset(held)
        self._held.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        way = self.way
        if way == "silent":
            self._held.append(client)
            return
        with contextlib.suppress(OSError):
            if way == "cut":
                _read_half(client)
            else:
                self._forward(client, answer=way != "answer")
        _reset(client)

    def _forward(self, client: socket.socket, *, answer: bool) -> None:
        with socket.create_connection(("127.0.0.1", self._backend.port)) as backend:
            there = threading.Thread(target=_pump, args=(client, backend), daemon=True)
            there.start()
            if answer:
                _pump(backend, client)
            else:
                backend.recv(1)  # it has been taken; nobody will hear of it


def _pump(source: socket.socket, to: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)


def _read_half(client: socket.socket) -> None:
    """Read a request's head and half of its body."""
    with client.makefile("rb") as stream:
        length = 0
        while (line := stream.readline()).strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        stream.read(length // 2)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # Lingering for 0 seconds makes the close a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@dataclass(frozen=True)
class Weights:
    """Spans that one request makes, as a healthy run of the same invocation showed."""

    work: int
    broken: int


@dataclass
class Load:
    """Requests that were answered: what each made, and when."""

    weights: Weights
    traces: dict[str, tuple[str, float]] = field(default_factory=dict)

    def send(self, server: Listening, requests: int, *, every: float = 0.0) -> None:
        """Send requests one after the other, each tenth of them for an error, until so many were answered."""
        wanted, deadline = len(self.traces) + requests, time.monotonic() + 60
        while len(self.traces) < wanted and time.monotonic() < deadline:
            path = "/work" if len(self.traces) % 10 else "/broken"
            try:
                self.traces[server.trace(path)] = path, time.monotonic()
            except OSError:  # between two workers nobody listens
                time.sleep(0.05)
            time.sleep(every)
        if len(self.traces) < wanted:
            raise RuntimeError("the application does not answer")

    def judge(self, name: str, backend: Backend, *, late: float = float("inf"), **more: object) -> Row:
        """Count what arrived of what these requests made.

        Args:
            name: the row's.
            backend: what was to get it.
            late: from when on what was made may be lost, in seconds of ``time.monotonic``.
            more: the row's other fields.

        """
        spans = Counter(found for found in backend.spans() if found[0] in self.traces)
        errors = Counter(found for found in backend.errors() if found[0] in self.traces)
        spans_of, errors_of = Counter(trace for trace, _ in spans), Counter(trace for trace, _ in errors)
        accepted = lost = may_be_lost = 0
        broken = []
        for trace_id, (path, at) in self.traces.items():
            made = (self.weights.work, 0) if path == "/work" else (self.weights.broken, 1)
            missing = [made[0] - spans_of[trace_id], made[1] - errors_of[trace_id]]
            if min(missing) < 0:
                broken.append("more arrived of a request than it makes")
            accepted += sum(made)
            lost += sum(max(0, number) for number in missing)
            if at >= late:
                may_be_lost += sum(made)
            elif late < float("inf") and any(missing):
                broken.append("something was lost that was not done last")
        row = Row(
            name,
            requests=len(self.traces),
            accepted=accepted,
            delivered=len(spans) + len(errors),
            duplicates=spans.total() - len(spans) + errors.total() - len(errors),
            lost=lost,
            exchanges=backend.exchanges(),
            most_lost=may_be_lost,
            broken=tuple(dict.fromkeys(broken)),
        )
        return Row(**asdict(row) | more)

    def has_arrived(self, backend: Backend, timeout: float = 40) -> None:
        """Wait until everything has, or for some seconds."""
        backend.sink.wait_for(lambda _sink: self.judge("", backend).lost == 0, timeout)


def judge_notes(name: str, notes: Path, backend: Backend, **more: object) -> Row:
    """Count what arrived of what a script has made, by the ids that it wrote down."""
    made = notes.read_text().split()
    taken = Counter(found for _, found in (*backend.spans(), *backend.errors()))
    row = Row(
        name,
        requests=0,
        accepted=len(made),
        delivered=sum(found in taken for found in made),
        duplicates=sum(taken[found] - 1 for found in made if found in taken),
        lost=sum(found not in taken for found in made),
        exchanges=backend.exchanges(),
        broken=() if len(made) == len(set(made)) and "None" not in made else ("what was made has no ids",),
    )
    return Row(**asdict(row) | more)


class Stage:
    """Where one row is played: a folder of its own, and the programs that are started in it."""

    def __init__(self, name: str, folder: Path, options: argparse.Namespace, weights: Weights) -> None:
        self.name, self.folder, self.options = name, folder, options
        self.load = Load(weights)
        self.notes = folder / "notes"

    def settings(self, dsn: str, **more: str) -> dict[str, str]:
        return {
            "SENTRY_DSN": dsn,
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "CHAOS_NOTES": str(self.notes),
            "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
            **more,
        }

    def serve(self, dsn: str, command: Sequence[str] = UVICORN, **more: str) -> Listening:
        return Listening(command, home=self.folder, settings=self.settings(dsn, **more))

    def script(self, dsn: str, *arguments: str) -> Program:
        return Program([sys.executable, APP, *arguments], home=self.folder, settings=self.settings(dsn))

    def file(self, name: str, timeout: float = 40) -> Path:
        """Wait for a file that a program makes when it is so far."""
        deadline = time.monotonic() + timeout
        while not (self.folder / name).exists():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the program has not come to {name}")
            time.sleep(0.02)
        return self.folder / name


def served(stage: Stage, *, command: Sequence[str] = UVICORN, number: int = signal.SIGTERM) -> Row:
    """Requests, and a signal right after the last answer."""
    with Backend() as backend, stage.serve(backend.dsn, command) as server:
        stage.load.send(server, stage.options.requests)
        server.end(number, 40)
        return stage.load.judge(stage.name, backend)


def reloaded(stage: Stage) -> Row:
    """A worker that is replaced because a file has changed."""
    watched = stage.folder / "watched"
    watched.mkdir(parents=True)
    source = watched / "source.py"
    source.write_text("")
    command = (*UVICORN, "--reload", f"--reload-dir={watched}")
    with Backend() as backend, stage.serve(backend.dsn, command) as server:
        stage.load.send(server, stage.options.requests // 2)
        first = _pid(server)
        source.write_text("changed = True\n")
        deadline = time.monotonic() + 30
        while _pid(server) in {first, None} and time.monotonic() < deadline:
            time.sleep(0.05)
        stage.load.send(server, stage.options.requests // 2)
        broken = () if _pid(server) != first else ("it was not reloaded",)
        server.end(timeout=40)
        return stage.load.judge(stage.name, backend, broken=broken)


def _pid(server: Listening) -> int | None:
    """Which process answers; asked under a trace that is not sampled, so that it makes no item."""
    parent = f"00-{'1' * 32}-{'2' * 16}-00"
    try:
        reply = server.call("/process", headers={"traceparent": parent})
    except OSError:
        return None
    # A worker that is going says so.
    return int(reply.json()["pid"]) if reply.status == 200 else None


def scripted(stage: Stage, *, way: str) -> Row:
    """A program without a server, with its children."""
    with Backend() as backend, stage.script(backend.dsn, way, "30") as program:
        code = program.wait(60)
        broken = () if code == 0 else (f"exit code {code}",)
        return judge_notes(stage.name, stage.notes, backend, broken=broken)


def script_ended(stage: Stage, *, number: int) -> Row:
    """A program without a server that a signal ends."""
    with Backend() as backend, stage.script(backend.dsn, "wait", "30") as program:
        stage.file("ready")
        program.end(number)
        return judge_notes(stage.name, stage.notes, backend)


def away_then_back(stage: Stage) -> Row:
    """The backend is down while requests are answered, then it is back."""
    seconds = stage.options.outage
    with Backend() as backend, stage.serve(backend.dsn) as server:
        backend.down()
        stage.load.send(server, 60, every=seconds / 60)
        backend.up()
        # By then an exchange is tried every 30 s.
        stage.load.has_arrived(backend, 45)
        return stage.load.judge(stage.name, backend)


def away_over_a_restart(stage: Stage) -> Row:
    """The backend is down when the application is ended, and back when it is started again."""
    with Backend() as backend:
        backend.down()
        with stage.serve(backend.dsn) as server:
            stage.load.send(server, stage.options.requests)
            server.end()
        backend.up()
        with stage.serve(backend.dsn) as server:
            stage.load.has_arrived(backend)
            note = f"the restart's log: {_brought_back(server)} items came from disk"
        return stage.load.judge(stage.name, backend, note=note)


def _brought_back(server: Program, timeout: float = 10) -> int:
    """How many items a program says that it delivered from disk."""
    deadline = time.monotonic() + timeout
    before = -1
    while time.monotonic() < deadline:
        found = sum(map(int, BROUGHT_BACK.findall(server.log)))
        if found == before > 0:
            return found
        before = found
        time.sleep(0.5)
    return max(before, 0)


def answered(stage: Stage, *, scripts: Mapping[str, Sequence[Answer]], pause: float = 0.0) -> Row:
    """A backend that says no some times, while requests are answered, and wants to be left alone after that."""
    with Backend() as backend:
        for path, answers in scripts.items():
            backend.sink.script(path, *answers)
        with stage.serve(backend.dsn) as server:
            stage.load.send(server, stage.options.requests, every=0.05)
            stage.load.has_arrived(backend)
            broken = ["it was not left alone"] if _shortest_wait(backend.sink, scripts) < pause * 0.95 else []
            refused = sum(not request.taken for request in backend.sink.requests)
            if refused != sum(map(len, scripts.values())):
                broken.append(f"it said no {refused} times")
            return stage.load.judge(stage.name, backend, broken=tuple(broken))


def _shortest_wait(sink: Sink, paths: Iterable[str]) -> float:
    """Seconds between a no and the next request for the same, at least."""
    waits = []
    for path in paths:
        asked = [request for request in sink.requests if path in request.path]
        waits += [after.at - before.at for before, after in pairwise(asked) if not before.taken]
    return min(waits, default=0.0)


def limited_in_size(stage: Stage) -> Row:
    """A backend that takes small bodies only."""
    with Backend() as backend:
        backend.sink.always("/traces/", Answer(largest=4_500))
        with stage.serve(backend.dsn) as server:
            stage.load.send(server, stage.options.requests)
            stage.load.has_arrived(backend)
            refused = [request for request in backend.sink.requests if request.status == 413]
            broken = () if refused else ("nothing was too large",)
            return stage.load.judge(stage.name, backend, broken=broken)


def on_a_bad_wire(stage: Stage, *, way: str, seconds: float, duplicates: bool = False) -> Row:
    """Connections misbehave for some seconds, then no longer."""
    with Backend() as backend, Wire(backend) as wire:
        wire.turn(way)
        with stage.serve(wire.dsn) as server:
            stage.load.send(server, 40, every=seconds / 40)
            wire.turn("pass")
            stage.load.has_arrived(backend, 45)
            row = stage.load.judge(stage.name, backend)
    if duplicates:
        # It is the backend that took it and didn't say so.
        return Row(**asdict(row) | {"most_duplicates": row.accepted, "note": "taken, but never answered"})
    return row


def silent_over_a_restart(stage: Stage) -> Row:
    """The backend never answers, also not during the shutdown; the next process finds one that does."""
    with Backend() as backend, Wire(backend) as wire:
        wire.turn("silent")
        with stage.serve(wire.dsn) as server:
            stage.load.send(server, stage.options.requests)
            began = time.monotonic()
            server.end()
            took = time.monotonic() - began
        wire.turn("pass")
        with stage.serve(wire.dsn):
            stage.load.has_arrived(backend)
        broken = () if took < 7.0 else (f"the shutdown took {took:.1f} s",)
        return stage.load.judge(stage.name, backend, note=f"ended in {took:.1f} s", broken=broken)


def killed(stage: Stage, *, way: str, seconds: float, late: float) -> Row:
    """kill -9 while the backend is of no use; what was on disk by then is the next process's."""
    with Backend() as backend, Wire(backend) as wire:
        if way == "down":
            backend.down()
        wire.turn("pass" if way == "down" else way)
        with stage.serve(wire.dsn) as server:
            stage.load.send(server, int(seconds * 8), every=0.12)
            from_when = time.monotonic() - late
            server.kill()
        if way == "down":
            backend.up()
        wire.turn("pass")
        with stage.serve(wire.dsn) as server:
            backend.sink.wait_for(lambda _sink: False, 3)
            told = _brought_back(server)
        row = stage.load.judge(stage.name, backend, late=from_when)
        note = f"of the last {late:g} s only; the restart's log: {told} items came from disk"
        # Reports of losses are items as well, so it may be more than what is counted here.
        broken = row.broken if told >= row.delivered > 0 else (*row.broken, "the log does not tell them all")
        return Row(**asdict(row) | {"note": note, "broken": broken})


def full_disk(stage: Stage) -> Row:
    """The backend is down and the disk full when a program ends: what finds no room is lost, and counted."""
    launcher = f"{BIN / 'opentelemetry-instrument'} {sys.executable} {APP}"
    spool = stage.folder / "small"
    spool.mkdir(parents=True)
    script = f"{launcher} more 10; touch ended; while [ ! -e go ]; do sleep 0.1; done; {launcher} wait 0"
    small = f"mount -t tmpfs -o size=24k none {spool} && "
    isolated = [shutil.which("unshare") or "unshare", "--map-root-user", "--mount", "sh", "-c"]
    note = "a disk of 24 KB"
    if not _works([*isolated, small + "true"]):
        small, isolated, note = "", ["sh", "-c"], "no small disk to be had; a folder that can't be made"
        spool.rmdir()
        spool.touch()
    with Backend() as backend:
        backend.down()
        settings = stage.settings(backend.dsn, CONTINUUM_TELEMETRY_SPOOL_DIR=str(spool / "spool"))
        command = [*isolated, small + script]
        with Program(command, home=stage.folder, settings=settings, launcher=False):
            stage.file("ended", 60)
            backend.up()
            (stage.folder / "go").touch()
            stage.file("ready")
            backend.sink.wait_for(lambda _sink: False, 3)
        row = judge_notes(stage.name, stage.notes, backend)
    ends = json.loads((stage.folder / "ledger").read_text())["ended"]
    counted = sum(ends.get(signal, {}).get(end, 0) for signal in ("span", "error") for end in LOST_ENDS)
    broken = () if counted == row.lost else (f"{row.lost} lost, {counted} counted",)
    if small and not row.delivered:
        broken = (*broken, "nothing of what found room arrived")
    return Row(**asdict(row) | {"most_lost": counted, "note": f"{note}; lost as counted", "broken": broken})


def _works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True, timeout=10).returncode == 0
    except OSError:
        return False


def _storm(categories: str) -> list[Answer]:
    limits = {"X-Sentry-Rate-Limits": f"{PAUSE:g}:{categories}:organization", "Retry-After": f"{PAUSE:g}"}
    return [Answer(429, limits)] * 4


SCENARIOS: dict[str, Callable[[Stage], Row]] = {
    # The long ones first: they wait more than they work.
    "kill -9, backend silent": partial(killed, way="silent", seconds=15, late=EXCHANGE + LATE),
    "backend down for {outage:g} s, then back": away_then_back,
    "silent for 15 s, then replaced": partial(on_a_bad_wire, way="silent", seconds=15),
    "429 storm with rate-limit headers": partial(
        answered,
        scripts={"/traces/": _storm("span;transaction"), "/envelope/": _storm("error")},
        pause=PAUSE,
    ),
    "500, 502, 503, 504": partial(
        answered,
        scripts={path: [Answer(500 + number) for number in (0, 2, 3, 4)] for path in ("/traces/", "/env")},
        pause=0.5,
    ),
    "connections reset mid-body": partial(on_a_bad_wire, way="cut", seconds=5),
    "connections cut before the answer": partial(on_a_bad_wire, way="answer", seconds=3, duplicates=True),
    "413 above 4,500 bytes": limited_in_size,
    "backend down over a restart": away_over_a_restart,
    "backend silent over a restart": silent_over_a_restart,
    "SIGTERM": served,
    "SIGINT": partial(served, number=signal.SIGINT),
    **{name: partial(served, command=command) for name, command in SERVERS.items() if name != "uvicorn"},
    "uvicorn --reload, reloaded": reloaded,
    "a script": partial(scripted, way="end"),
    "a script, SIGTERM": partial(script_ended, number=signal.SIGTERM),
    "a script, SIGINT": partial(script_ended, number=signal.SIGINT),
    "os.fork": partial(scripted, way="os.fork"),
    "multiprocessing, fork": partial(scripted, way="fork"),
    "multiprocessing, spawn": partial(scripted, way="spawn"),
    "disk full": full_disk,
    "kill -9, backend down": partial(killed, way="down", seconds=8, late=LATE),
}


def calibrate(folder: Path, options: argparse.Namespace) -> Weights:
    """Spans of one request, which must be the same for all of a kind."""
    stage = Stage("calibration", folder, options, Weights(0, 0))
    with Backend() as backend, stage.serve(backend.dsn) as server:
        stage.load.send(server, 20)
        server.end()
        spans = Counter(trace for trace, _ in backend.spans())
    found: dict[str, set[int]] = {"/work": set(), "/broken": set()}
    for trace_id, (path, _) in stage.load.traces.items():
        found[path].add(spans[trace_id])
    if any(len(numbers) != 1 or 0 in numbers for numbers in found.values()):
        sys.exit(f"requests of one kind make different numbers of spans: {found}")
    return Weights(found["/work"].pop(), found["/broken"].pop())


def play(
    name: str, scene: Callable[[Stage], Row], folder: Path, shared: tuple[argparse.Namespace, Weights]
) -> Row:
    """One row; what went wrong while it was played is among its troubles."""
    options, weights = shared
    began = time.monotonic()
    try:
        row = scene(Stage(name, folder, options, weights))
    except Exception as error:
        traceback.print_exc()
        row = Row(name, 0, 0, 0, 0, 0, 0, broken=(f"{type(error).__name__}: {error}"[:200],))
    return Row(**asdict(row) | {"seconds": round(time.monotonic() - began, 1)})


def table(rows: Iterable[Row]) -> str:
    lines = [
        "| scenario | requests | accepted | delivered | duplicates | lost | exchanges | |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    lines.extend(
        f"| {row.name} | {row.requests or '-'} | {row.accepted} | {row.delivered} | {row.duplicates} "
        f"| {row.lost} | {row.exchanges} | {'; '.join(row.troubles).upper() or row.note} |"
        for row in rows
    )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name holds this text")
    parser.add_argument("--outage", type=float, default=30.0, help="seconds for which the backend is down")
    parser.add_argument("--requests", type=int, default=60, help="in each row that says nothing else")
    parser.add_argument("--at-once", type=int, default=3, help="rows that are played side by side")
    parser.add_argument("--json", type=Path, help="write the rows to this file, too")
    options = parser.parse_args()
    chosen = {
        title: scene
        for name, scene in SCENARIOS.items()
        if options.only in (title := name.format(outage=options.outage))
    }
    with tempfile.TemporaryDirectory() as folder:
        weights = calibrate(Path(folder) / "calibration", options)
        print(f"spans of a request: {weights.work}, of one that fails: {weights.broken} and an error\n")
        with ThreadPoolExecutor(options.at_once) as pool:
            playing = [
                pool.submit(play, name, scene, Path(folder) / str(number), (options, weights))
                for number, (name, scene) in enumerate(chosen.items())
            ]
            rows = [one.result() for one in playing]
    print(table(rows))
    if options.json:
        found = [asdict(row) | {"troubles": row.troubles} for row in rows]
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    return 1 if not rows or any(row.troubles for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
