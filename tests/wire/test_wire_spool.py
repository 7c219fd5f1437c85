"""What can't be sent waits on disk: for this process or the next, once, clean, and for nobody else."""

from __future__ import annotations

import gzip
import json
import re
import stat
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from programs import Listening, Program, Server

from telemetry.testing import leaks
from telemetry.testing.sink import Received, SilentSink, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CANARY = "the heron that nobody else has seen at dusk"
SETTINGS = {"SENTRY_TRACES_SAMPLE_RATE": "1", "CONTINUUM_TELEMETRY_SHUTDOWN_TIMEOUT": "2"}
COUNTING = """
import json, telemetry
from opentelemetry import trace
for _ in range(3):
    with trace.get_tracer("counting").start_as_current_span("counting.work"):
        pass
telemetry.shutdown()
print(json.dumps(telemetry.status()["ledger"]))
"""
BROUGHT_BACK = re.compile(r"(\d+) items that waited on disk were delivered")


class Backend:
    """A backend that is away until it is needed; the port stays its own."""

    def __init__(self) -> None:
        with Sink() as sink:
            self.port, self.dsn = sink.port, sink.dsn()


@pytest.fixture
def away() -> Backend:
    return Backend()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def begin(tmp_path: Path, spool: Path, away: Backend) -> Iterator[Callable[..., Listening]]:
    """Starts servers that share one directory, and ends them after the test."""
    started: list[Listening] = []

    def begin(*, options: tuple[str, ...] = (), **more: str) -> Listening:
        settings = SETTINGS | {
            "SENTRY_DSN": away.dsn,
            "CONTINUUM_TELEMETRY_SPOOL_DIR": str(spool),
            "FOREIGN_DATABASE": str(tmp_path / "items.db"),
        }
        server = Server("foreign:app", home=tmp_path, settings=settings | more, options=options)
        started.append(server)
        return server

    yield begin
    for server in started:
        server.kill()


def parcels(spool: Path) -> list[Path]:
    return sorted(spool.glob("*/*.parcel"))


def wait_until(condition: Callable[[], object], timeout: float = 15) -> object:
    deadline = time.monotonic() + timeout
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


def spooled(spool: Path, *, of: int) -> bool:
    """Whether so many spans and as many errors wait: the quantities stand in the files' names."""
    waiting: Counter[str] = Counter()
    for path in parcels(spool):
        _, _, signal, quantity, _ = path.name.split("-")
        waiting[signal] += int(quantity)
    return waiting["span"] >= of and waiting["error"] >= of


def served_and_failed(sink: Sink, sent: set[str]) -> bool:
    return len(sink.errors()) >= len(sent) and sent <= {span.trace_id for span in sink.servers()}


def assert_once(sink: Sink, sent: set[str]) -> None:
    assert {span.trace_id for span in sink.servers()} == sent
    assert len(sink.servers()) == len(sent)
    assert max(Counter(span.span_id for span in sink.spans()).values()) == 1
    events = Counter(event["event_id"] for event in sink.errors())
    assert len(events) == events.total() == len(sent)


def told(server: Listening) -> int:
    return sum(map(int, BROUGHT_BACK.findall(server.log)))


def test_what_waited_over_a_restart_arrives_once_and_the_next_process_says_how_much(
    begin: Callable[..., Listening], away: Backend, spool: Path
) -> None:
    first = begin()
    sent = {first.trace("/broken/1") for _ in range(5)}
    first.end()
    assert parcels(spool)
    with Sink(away.port) as sink:
        second = begin()
        sink.wait_for(lambda sink: served_and_failed(sink, sent))
        assert_once(sink, sent)
        arrived = len(sink.spans()) + len(sink.errors())
        assert wait_until(lambda: told(second) >= arrived), second.log
        assert told(second) - arrived <= 1, "a report of losses may be among them"
        assert wait_until(lambda: not parcels(spool))


def test_what_was_on_disk_before_a_kill_arrives(
    begin: Callable[..., Listening], away: Backend, spool: Path
) -> None:
    first = begin()
    sent = {first.trace("/broken/1") for _ in range(5)}
    assert wait_until(lambda: spooled(spool, of=5)), first.log
    first.kill()
    with Sink(away.port) as sink:
        second = begin()
        sink.wait_for(lambda sink: served_and_failed(sink, sent))
        assert_once(sink, sent)
        assert wait_until(lambda: told(second)), second.log


def test_what_waits_is_sent_once_though_two_workers_look_at_once(
    begin: Callable[..., Listening], away: Backend, spool: Path
) -> None:
    server = begin()
    sent: set[str] = set()
    for _ in range(3):
        sent |= {server.trace("/broken/1") for _ in range(4)}
        time.sleep(1.1)  # files of their own
    server.end()
    assert len(parcels(spool)) > 12
    with Sink(away.port) as sink:
        begin(options=("--workers", "2", "--timeout-worker-healthcheck", "30"))
        sink.wait_for(lambda sink: served_and_failed(sink, sent), 20)
        assert wait_until(lambda: not parcels(spool))
        time.sleep(0.5)
        assert_once(sink, sent)


def test_a_directory_that_can_not_be_made_costs_nothing_but_what_was_to_wait_there(
    begin: Callable[..., Listening], spool: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, where a directory should be")
    server = begin(CONTINUUM_TELEMETRY_SPOOL_DIR=str(blocked / "spool"))
    for _ in range(3):
        assert server.call("/broken/1").status == 500
        assert server.call("/items/1").status == 200
        time.sleep(0.5)
    server.end()
    said = [line for line in server.log.splitlines() if "disk spool:" in line]
    # Not one for each parcel: each of two destinations looks into its folder, and writes.
    assert 1 <= len(said) <= 4, server.log
    assert str(blocked) not in server.log
    assert not spool.exists()


def test_what_finds_no_room_on_disk_is_counted_as_lost(tmp_path: Path, away: Backend) -> None:
    blocked = tmp_path / "blocked"
    blocked.touch()
    settings = SETTINGS | {"SENTRY_DSN": away.dsn, "CONTINUUM_TELEMETRY_SPOOL_DIR": str(blocked / "spool")}
    with Program([sys.executable, "-c", COUNTING], home=tmp_path, settings=settings) as program:
        assert program.wait() == 0, program.log
        ledger = json.loads(program.log.splitlines()[-1])
    assert ledger["ended"]["span"] == {"lost_at_shutdown": 3}
    assert ledger["accepted"]["span"] == 3
    assert ledger["in_flight"]["span"] == 0


def test_nothing_is_written_to_disk_when_the_spool_is_off(
    begin: Callable[..., Listening], spool: Path, tmp_path: Path
) -> None:
    server = begin(CONTINUUM_TELEMETRY_SPOOL="false")
    server.trace("/broken/1")
    time.sleep(1.5)
    server.end()
    assert not spool.exists()
    assert not list(tmp_path.rglob("*.parcel"))


def test_what_waits_is_its_owner_s_alone_and_holds_nothing_private(
    begin: Callable[..., Listening], spool: Path
) -> None:
    server = begin()
    path = "/nothing/" + CANARY.replace(" ", "-")
    server.call(path, headers={"X-Note": CANARY, "Cookie": f"note={CANARY}"})
    server.call("/broken/1", headers={"X-Note": CANARY, "X-Tenant-Id": CANARY})
    server.call("/upload", method="POST", body=CANARY)
    server.end()
    files = parcels(spool)
    assert {path.name.split("-")[2] for path in files} >= {"span", "error"}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        content = path.read_bytes()
        body = gzip.decompress(content[content.index(b"\n") + 1 :])
        found = Received(path.name, {}, content, body, 0, 0.0)
        assert not leaks.find(CANARY, [found])
    assert stat.S_IMODE(spool.stat().st_mode) == 0o700


def test_another_address_is_never_sent_what_waited_for_the_first(
    begin: Callable[..., Listening], spool: Path
) -> None:
    server = begin()
    trace_id = server.trace("/broken/1")
    server.end()
    waiting = parcels(spool)
    with Sink() as other:
        again = begin(SENTRY_DSN=other.dsn())
        own = again.trace("/broken/1")
        other.wait_for(lambda sink: served_and_failed(sink, {own}))
        again.end()
        assert own != trace_id
        assert_once(other, {own})
    assert parcels(spool) == waiting


def test_what_a_backend_that_never_answers_was_given_waits_for_one_that_does(
    begin: Callable[..., Listening], away: Backend
) -> None:
    silent = SilentSink()
    server = begin(SENTRY_DSN=silent.dsn())
    sent = {server.trace("/broken/1") for _ in range(3)}
    began = time.monotonic()
    server.end()
    assert time.monotonic() - began < 3.5
    silent.close()
    with Sink(silent.port) as sink:
        begin(SENTRY_DSN=silent.dsn())
        sink.wait_for(lambda sink: served_and_failed(sink, sent))
        assert_once(sink, sent)
