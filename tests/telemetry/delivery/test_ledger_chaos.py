"""A backend that answers at random, over real sockets, and a ledger whose sums have to match all the same."""

from __future__ import annotations

import gzip
import random
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from delivering import CATEGORIES, Station, Words, ends, in_flight, submit, until
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from telemetry.delivery import courier as courier_module
from telemetry.delivery import limits as limits_module
from telemetry.delivery import shelf as shelf_module
from telemetry.delivery.target import Target

SIGNALS = ("error", "span", "other")


class Whim:
    """Answers at random while ``is_moody``, then always 200; remembers what it took and what it told."""

    def __init__(self, seed: int) -> None:
        self.is_moody = True
        self.taken: Counter[str] = Counter()
        """Items of bodies that were answered with 2xx."""
        self.unanswered: Counter[str] = Counter()
        """Items of bodies that arrived, and whose answer the sender never got."""
        self.rejected = 0
        self.answers: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        whim = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                whim.answer(self)

            def log_message(self, *_arguments: object) -> None: ...

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_arguments: object) -> None: ...

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        mood = "ok"
        if self.is_moody:
            moods = {
                "ok": 60, "ok, but": 5, "partly": 5, "limit": 5, "later": 3, "too large": 5, "no": 3, "who?": 2,
                "broken": 5, "cut early": 3, "cut late": 3, "slow": 5, "silent": 1,
            }  # fmt: skip
            with self._lock:
                mood = self._random.choices(list(moods), list(moods.values()))[0]
        if mood == "cut early":
            return self.cut(handler)
        body = gzip.decompress(handler.rfile.read(int(handler.headers["Content-Length"])))
        items = Counter(word.rstrip("x") for word in body.decode().split(","))
        if len(body) > 350 and mood.startswith("ok"):
            mood = "too large"
        with self._lock:
            self.answers[mood] += 1
            if mood in ("cut late", "silent"):
                self.unanswered += items
            elif mood in ("ok", "ok, but", "partly", "slow"):
                self.taken += items
        match mood:
            case "cut late":
                return self.cut(handler)
            case "silent":
                time.sleep(0.5)
                return self.cut(handler)
            case "slow":
                time.sleep(0.05)
                self.say(handler, 200)
            case "partly":
                rejected = min(2, items.total())
                with self._lock:
                    self.rejected += rejected
                response = ExportTraceServiceResponse()
                response.partial_success.rejected_spans = rejected
                kind = {"Content-Type": "application/x-protobuf"}
                self.say(handler, 200, kind, response.SerializeToString())
            case "ok" | "ok, but":
                category = self._random.choice(["error", "span", "transaction;error", "replay", ""])
                limit = {"X-Sentry-Rate-Limits": f"0.1:{category}:project"} if mood != "ok" else {}
                self.say(handler, 200, limit)
            case "limit":
                self.say(handler, 429, {"X-Sentry-Rate-Limits": "0.15:error:organization, 0.05:span:key"})
            case "later":
                self.say(handler, 429, {"Retry-After": "0.1"})
            case _:
                status = {"too large": 413, "no": 400, "who?": 401, "broken": 503}[mood]
                self.say(handler, status)
        return None

    @staticmethod
    def say(handler, status, headers=None, body=b"") -> None:
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    @staticmethod
    def cut(handler) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True


class Process:
    """What stands for one process: a sender, a lane with a spool, and a lane without one and with little room."""

    def __init__(self, station: Station, backend: Whim, directory) -> None:
        target = Target(backend.url, categories=CATEGORIES, timeout=0.3)
        kept = {"target": target}
        self.sender, self.spooled = station.lane(
            backend.url, spool=directory, courier=kept, batch=16, most=200, delay=0.01
        )
        small = station.courier(backend.url, self.sender.ledger, target=target, most_bytes=2_000)
        self.plain = type(self.spooled)(
            self.sender, Words(), small, batch=8, most=60, most_bytes=1_500, delay=0.01
        )
        self.sender.add(self.plain)

    @property
    def ledger(self):
        return self.sender.ledger

    def work(self, seed: int, numbers: range, accepted: set[str]) -> None:
        """Submit items of both lanes, some of which make trouble, and flush now and then."""
        chance = random.Random(seed)
        trouble = ["-raise", "-withhold", "-unencodable", "x" * 500]
        for number in numbers:
            signal = chance.choice(SIGNALS)
            word = f"{signal}:{number:05}"
            accepted.add(word)
            word += chance.choice(trouble) if chance.random() < 0.08 else ""
            submit(self.sender, self.plain if signal == "other" else self.spooled, word)
            if chance.random() < 0.01:
                self.sender.flush(chance.choice([0.0, 0.01, 0.1]))
            if chance.random() < 0.1:
                time.sleep(0.002)

    def check(self) -> None:
        """What the ledger calls in flight is what waits, while nothing moves."""
        with ExitStack() as stack:
            stack.enter_context(self.sender._packing)
            waiting: Counter[str] = Counter()
            for lane in (self.spooled, self.plain):
                stack.enter_context(lane.courier._lock)
                waiting.update(word.partition(":")[0] for word, _, _ in lane._queue)
                parcels = [*lane.courier._backlog._parcels]
                if lane.courier._carrying is not None:
                    parcels.append(lane.courier._carrying)
                for parcel in parcels:
                    waiting[parcel.signal] += parcel.quantity
                assert lane.courier._backlog._bytes == sum(
                    len(parcel.packed) for parcel in lane.courier._backlog._parcels
                )
                assert lane._bytes == sum(weight for _, _, weight in lane._queue)
            ends(self.ledger)
            assert in_flight(self.ledger) == waiting


def total(processes, end: str) -> int:
    return sum(ends(process.ledger, signal).get(end, 0) for process in processes for signal in SIGNALS)


def ended(processes, signal: str, *, but: str = "") -> int:
    return sum(
        quantity
        for process in processes
        for end, quantity in ends(process.ledger, signal).items()
        if end != but
    )


@pytest.fixture
def hasty(monkeypatch):
    """Everything that would take seconds takes hundredths, and bodies are small."""
    monkeypatch.setattr(courier_module, "LARGEST", 400)
    monkeypatch.setattr(courier_module, "SMALLEST", 100)
    monkeypatch.setattr(courier_module, "DENIED_FOR", 0.1)
    monkeypatch.setattr(shelf_module, "LOOK_FOR_OTHERS", 0.2)
    monkeypatch.setattr(limits_module, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(limits_module, "LONGEST_PAUSE", 0.05)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("seed", [4, 41])
def test_whatever_happens_each_item_ends_once(seed, station, tmp_path):
    backend = Whim(seed)
    accepted: set[str] = set()
    given_up = 0  # items whose answer a shutdown did not wait for
    try:
        first = Process(station, backend, tmp_path / "spool")
        for round_ in range(3):
            workers = [
                threading.Thread(
                    target=first.work,
                    args=(seed + start, range(start, start + 150), accepted),
                )
                for start in range(round_ * 1000, round_ * 1000 + 600, 200)
            ]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join(20)
                first.check()
        burst = [f"other:{number:05}" for number in range(4000, 4100)]
        accepted.update(burst)
        submit(first.sender, first.plain, *burst)
        second = Process(station, backend, tmp_path / "spool")  # beside the first, on one directory
        late = threading.Thread(target=first.work, args=(seed, range(5000, 5200), accepted))
        late.start()
        second.sender.resume()
        given_up += _shut_down(first, 0.3)
        late.join(20)
        first.check()
        second.work(seed, range(6000, 6300), accepted)
        second.check()
        given_up += _shut_down(second, 0.2)
        second.check()

        backend.is_moody = False
        third = Process(station, backend, tmp_path / "spool")
        third.sender.resume()
        until(lambda: third.sender.flush(1.0), 15.0)
        third.work(seed, range(7000, 7100), accepted)
        until(lambda: third.sender.flush(1.0), 15.0)
        third.check()
        third.sender.shutdown(1.0)
    finally:
        backend.close()

    _judge((first, second, third), backend, accepted, given_up)


def _judge(processes: tuple[Process, ...], backend: Whim, accepted: set[str], given_up: int) -> None:
    """What the ledgers say, held against what the backend saw."""
    assert not any(in_flight(process.ledger) for process in processes)
    # What went to disk came back, once.
    spooled = total(processes, "spooled")
    replayed = sum(sum(process.ledger.snapshot()["replayed"].values()) for process in processes)
    assert spooled == replayed > 0
    came = sum(sum(process.ledger.snapshot()["accepted"].values()) for process in processes)
    assert came == len(accepted) == sum(ended(processes, signal, but="spooled") for signal in SIGNALS)
    # What is counted as delivered is what was taken; a shutdown may have missed the last answers.
    delivered = total(processes, "delivered")
    assert delivered <= backend.taken.total() - backend.rejected <= delivered + given_up
    assert set(backend.taken) | set(backend.unanswered) <= accepted
    twice = {item for item, times in backend.taken.items() if times > 1}
    assert sum(backend.taken[item] - 1 for item in twice) <= given_up
    # And chaos it was.
    assert len(backend.answers) >= 10
    for end in ("delivered", "withheld", "rejected", "queue_full", "spooled"):
        assert total(processes, end) > 0, end


def _shut_down(process: Process, timeout: float) -> int:
    """Shut down; how many items' answers nobody waited for."""
    couriers = [lane.courier for lane in (process.spooled, process.plain)]
    missed = []
    for courier in couriers:
        stop = courier.stop

        def stop_and_note(courier=courier, stop=stop):
            carried = courier._carrying
            missed.append(carried.quantity if carried is not None else 0)
            stop()

        courier.stop = stop_and_note
    process.sender.shutdown(timeout)
    for courier in couriers:
        del courier.stop
    # A body from disk that is being posted is nobody's when the thread ends; it is counted when it is answered.
    time.sleep(0.7)
    return sum(missed)
