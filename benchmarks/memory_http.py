"""How many recalls a second the service answers over HTTP, beside an empty FastAPI route with the same body.

One uvicorn worker holds both: the service as it is, with a key, a rate limit and a thousand memories of one tenant
in a SQLite file, and a plain FastAPI application beside it. Of its three routes each reads the same JSON into a
model of the same fields:

- ``empty`` is ``async def`` and answers ``{}``: the least that a route with a body can do;
- ``empty def`` does so on a worker thread, as routes have to that ask a database;
- ``same answer`` gives what a recall answered, declared by the same response model.

Connections are kept and each has one request under way. The server has one processor and the client another. The
four take turns in each round; compare ratios within a round, never numbers between runs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from memory_speed import ask, fill, make_tenant  # stands beside this file
from pydantic import BaseModel
from request_cost import cpu_seconds, free_port  # stands beside this file

from continuum.api.answers import RecallAnswer
from continuum.core.engine import MemoryEngine
from continuum.storage.database import open_database
from continuum.storage.keys import create_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

HERE = Path(__file__).resolve().parent
MEMORIES = 1000
PATHS = {
    "empty": "/empty/async",
    "empty def": "/empty/def",
    "same answer": "/empty/same",
    "recall": "/v1/recall",
}


class Question(BaseModel):
    """What the service's recall takes, without its rules."""

    message: str
    max_concepts: int = 10
    context_tokens: int = 8000
    session: str | None = None
    role: str | None = None
    concept: str | None = None
    since: str | None = None
    until: str | None = None


def empty_routes(answered: dict[str, object]) -> FastAPI:
    """A plain application without middleware, whose routes do nothing with what they read."""
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.post(PATHS["empty"])
    async def nothing(body: Question) -> dict[str, str]:  # noqa: ARG001  # reading it is what is measured
        return {}

    @app.post(PATHS["empty def"])
    def nothing_on_a_thread(body: Question) -> dict[str, str]:  # noqa: ARG001  # as above
        return {}

    @app.post(PATHS["same answer"])
    async def same(body: Question) -> RecallAnswer:  # noqa: ARG001  # as above
        return RecallAnswer.model_validate(answered)

    return app


def make_app() -> ASGIApp:
    """Both applications side by side; uvicorn calls this."""
    from continuum.api.server import app as service

    empty = empty_routes(json.loads(Path(os.environ["MEASURED_ANSWER"]).read_text(encoding="utf-8")))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = empty if scope.get("path", "").startswith("/empty/") else service
        await chosen(scope, receive, send)

    return app


def request(path: str, key: str, message: str) -> bytes:
    body = json.dumps({"message": message}).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n"
    )
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def body_of(answer: bytearray) -> bytes | None:
    """The body once it is there as a whole."""
    head, found, body = bytes(answer).partition(b"\r\n\r\n")
    if not found:
        return None
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    if len(body) < length:
        return None
    if not head.startswith(b"HTTP/1.1 200 "):
        sys.exit(f"the server said {head[:40]!r}: {body[:300]!r}")
    return body


def load(port: int, requests: Iterator[bytes], count: int, connections: int) -> tuple[list[float], bytes]:
    """Send so many requests over kept connections; seconds of each, and the last answer's body."""
    took: list[float] = []
    last = b""
    left = count
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        for _ in range(connections):
            channel = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(channel, selectors.EVENT_READ, [bytearray(), time.perf_counter()])
            channel.sendall(next(requests))
            left -= 1
        while len(took) < count:
            for ready, _ in selector.select():
                answer, sent = ready.data
                answer += ready.fileobj.recv(1 << 17)
                body = body_of(answer)
                if body is None:
                    continue
                now = time.perf_counter()
                took.append(now - sent)
                last = body
                if left:
                    left -= 1
                    ready.data[:] = bytearray(), now
                    ready.fileobj.sendall(next(requests))
    return took, last


def measure(
    port: int, process: int, requests: Iterator[bytes], given: argparse.Namespace
) -> dict[str, float]:
    cpu, began = cpu_seconds(process), time.perf_counter()
    took, _ = load(port, requests, given.requests, given.connections)
    elapsed = time.perf_counter() - began
    return {
        "requests/s": given.requests / elapsed,
        "CPU ms": (cpu_seconds(process) - cpu) / given.requests * 1000,
        "p50 ms": statistics.median(took) * 1000,
        "p99 ms": statistics.quantiles(took, n=100)[98] * 1000,
    }


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        time.sleep(0.05)
    sys.exit("the server did not start")


@contextlib.contextmanager
def serving(folder: Path, processors: set[int]) -> Iterator[tuple[int, int]]:
    """Port and process of the server."""
    port = free_port()
    settings = {
        "DATABASE_URL": f"sqlite:///{folder}/memory.db",
        # Counted all the same, and never reached.
        "CONTINUUM_RATE_LIMIT": "10000000",
        "MEASURED_ANSWER": str(folder / "answer.json"),
        "OTEL_SDK_DISABLED": "true",
    }
    command = [sys.executable, "-m", "uvicorn", "memory_http:make_app", "--factory", f"--port={port}"]
    quiet = ["--log-level=error", "--no-access-log", f"--app-dir={HERE}"]
    server = subprocess.Popen([*command, *quiet], env={**os.environ, **settings})
    try:
        wait_for(port, server)
        for thread in Path(f"/proc/{server.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), processors)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(15)


def prepare(folder: Path, chance: random.Random) -> str:
    """A database with a thousand memories; the key for them."""
    database = open_database(folder / "memory.db")
    tenant = make_tenant(database, "measured")
    fill(MemoryEngine(database), tenant, chance, MEMORIES)
    with database.write() as connection:
        key = create_key(connection, tenant, ["read"])
    database.close()
    return key


def cell(values: list[float], form: str) -> str:
    return f"{statistics.median(values):{form}} [{min(values):{form}}-{max(values):{form}}]"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=1000, help="of each kind in each round")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--share", action="store_true", help="the server may use the client's processor, too")
    parser.add_argument("--json", type=Path, help="where every round's figures are written, too")
    given = parser.parse_args()
    chance = random.Random(7)
    processors = sorted(os.sched_getaffinity(0))
    given_to_server = set(processors if given.share else processors[:1])
    os.sched_setaffinity(0, {processors[-1]})
    rounds: list[dict[str, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key = prepare(folder, chance)
        (folder / "answer.json").write_text("{}", encoding="utf-8")
        questions = [ask(chance) for _ in range(500)]
        asked = {kind: cycle([request(path, key, one) for one in questions]) for kind, path in PATHS.items()}
        with serving(folder, given_to_server) as (port, _):
            _, answer = load(port, asked["recall"], 1, 1)
        (folder / "answer.json").write_bytes(answer)
        with serving(folder, given_to_server) as (port, process):
            for kind in PATHS:
                load(port, asked[kind], 200, given.connections)
            for number in range(given.rounds):
                turn = number % len(PATHS)
                order = [*PATHS][turn:] + [*PATHS][:turn]
                rounds.append({kind: measure(port, process, asked[kind], given) for kind in order})
    print(
        f"{given.rounds} rounds of {given.requests} requests each, {given.connections} connections,"
        f" a recall's answer has {len(answer):,} bytes; median [range]"
    )
    for kind in PATHS:
        figures = {figure: [each[kind][figure] for each in rounds] for figure in rounds[0][kind]}
        share = [each[kind]["requests/s"] / each["empty"]["requests/s"] for each in rounds]
        print(
            f"{kind:<12} {cell(figures['requests/s'], '.0f'):>22} requests/s   of empty {cell(share, '.2f')}"
            f"   CPU {cell(figures['CPU ms'], '.2f')} ms   p50 {cell(figures['p50 ms'], '.1f')}"
            f"   p99 {cell(figures['p99 ms'], '.1f')} ms"
        )
    if given.json is not None:
        given.json.write_text(json.dumps(rounds, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
