"""The sender against a real socket that says yes, no, later and too much."""

from __future__ import annotations

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from telemetry.delivery.courier import Courier
from telemetry.delivery.exchange_http import HttpConnection
from telemetry.delivery.lane import Lane
from telemetry.delivery.sender import Sender
from telemetry.delivery.target import Target
from telemetry.ledger import Ledger


class Backend:
    """Answers each request with the next of ``script``, then with 200; keeps the decoded bodies it took."""

    def __init__(self, *script: float | tuple[int, dict[str, str]], most_items: int = 10**6) -> None:
        self.script = list(script)
        self.taken: list[str] = []
        self.requests = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests += 1
                step = outer.script.pop(0) if outer.script else 200
                if isinstance(step, float):
                    time.sleep(step)
                    step = 200
                status, headers = step if isinstance(step, tuple) else (step, {})
                items = body.decode().split(",")
                if status == 200 and len(items) > most_items:
                    status = 413
                if status == 200:
                    outer.taken += items
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Words:
    """Sends words; ``secret`` raises at the gate, ``private`` is withheld by it."""

    name = "words"

    def signal(self, item: str) -> str:
        return "word"

    def weight(self, item: str) -> int:
        return len(item)

    def gate(self, item: str, scope: object) -> str | None:
        if item == "secret":
            raise ValueError(item)
        return None if item == "private" else item

    def encode(self, clean: list[str]) -> bytes:
        return ",".join(clean).encode()

    def split(self, body: bytes) -> list[tuple[int, bytes]]:
        words = body.split(b",")
        half = len(words) // 2
        return [(half, b",".join(words[:half])), (len(words) - half, b",".join(words[half:]))] if half else []

    def trim(self, body: bytes) -> bytes:
        return body[:8]


@pytest.fixture
def start():
    open_backends: list[Backend] = []
    senders: list[Sender] = []

    def begin(*script, most_items=10**6, **lane):
        backend = Backend(*script, most_items=most_items)
        open_backends.append(backend)
        sender = Sender(Ledger())
        senders.append(sender)
        target = Target(backend.url)
        courier = Courier("words", target, HttpConnection(target), Words(), sender.ledger)
        words = Lane(sender, Words(), courier, **{"delay": 0.05, **lane})
        sender.add(words)
        return backend, sender, words

    yield begin
    for sender in senders:
        sender.shutdown(0)
    for backend in open_backends:
        backend.close()


def submit(sender: Sender, lane: Lane[str], *words: str) -> None:
    sender.ledger.accept("word", len(words))
    lane.submit(words, None)


def ends(sender: Sender) -> dict[str, int]:
    snapshot = sender.ledger.snapshot()
    accepted, ended = snapshot["accepted"].get("word", 0), snapshot["ended"].get("word", {})
    assert accepted == sum(ended.values()) + snapshot["in_flight"].get("word", 0)
    return ended


def until(condition, timeout=10.0):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_items_are_delivered_in_the_background(start):
    backend, sender, lane = start()
    submit(sender, lane, "one", "two")
    until(lambda: ends(sender) == {"delivered": 2})
    assert backend.taken == ["one", "two"]


def test_what_cannot_be_scrubbed_is_withheld_and_counted(start):
    backend, sender, lane = start()
    submit(sender, lane, "one", "secret", "private", "two")
    assert sender.flush(5)
    assert backend.taken == ["one", "two"]
    assert ends(sender) == {"delivered": 2, "withheld": 2}
    assert sender.ledger.snapshot()["faults"] == {"words gate: ValueError": 1}


def test_a_backend_that_says_later_gets_it_later(start):
    backend, sender, lane = start(503, 500)
    submit(sender, lane, "one")
    until(lambda: ends(sender) == {"delivered": 1})
    assert backend.requests == 3


def test_a_backend_is_left_alone_for_as_long_as_it_asked(start):
    backend, sender, lane = start((429, {"Retry-After": "2"}))
    submit(sender, lane, "one")
    until(lambda: backend.requests == 1)
    assert not sender.flush(0.5)
    assert backend.requests == 1
    until(lambda: ends(sender) == {"delivered": 1})


def test_a_batch_that_is_too_large_is_split(start):
    backend, sender, lane = start(most_items=3)
    words = [str(number) for number in range(20)]
    submit(sender, lane, *words)
    assert sender.flush(5)
    assert sorted(backend.taken) == sorted(words)


def test_an_item_that_alone_is_too_large_is_counted(start):
    _, sender, lane = start(most_items=0)
    submit(sender, lane, "one")
    assert sender.flush(5)
    assert ends(sender) == {"too_large": 1}


def test_what_is_refused_is_counted_and_said_once(start, caplog):
    _, sender, lane = start(400, 400, batch=1)
    submit(sender, lane, "one", "two", "three")
    assert sender.flush(5)
    assert ends(sender) == {"rejected": 2, "delivered": 1}
    assert sum("refused by 127.0.0.1" in message for message in caplog.messages) == 1


def test_a_full_queue_loses_the_newest_and_counts_them(start):
    _, sender, lane = start(most=3, delay=60.0)
    submit(sender, lane, "1", "2", "3", "4", "5")
    assert ends(sender) == {"queue_full": 2}
    assert sender.flush(5)
    assert ends(sender) == {"queue_full": 2, "delivered": 3}


def test_shutdown_delivers_and_counts_what_comes_after_it(start):
    backend, sender, lane = start(delay=60.0)
    submit(sender, lane, "one")
    sender.shutdown(5)
    submit(sender, lane, "late")
    assert backend.taken == ["one"]
    assert ends(sender) == {"delivered": 1, "lost_at_shutdown": 1}


def test_shutdown_ends_in_time_when_the_backend_is_gone(start):
    backend, sender, lane = start(delay=60.0)
    backend.close()
    submit(sender, lane, "one", "two")
    started = time.monotonic()
    sender.shutdown(3)
    assert time.monotonic() - started < 3
    assert ends(sender) == {"lost_at_shutdown": 2}


def test_shutdown_ends_in_time_when_the_backend_never_answers(start):
    _, sender, lane = start(8.0, delay=60.0)
    submit(sender, lane, "one")
    started = time.monotonic()
    sender.shutdown(1)
    assert time.monotonic() - started < 2
    assert ends(sender) == {"lost_at_shutdown": 1}


def test_a_flush_does_not_wait_for_what_will_not_come(start):
    backend, sender, lane = start(delay=60.0)
    backend.close()
    submit(sender, lane, "one")
    started = time.monotonic()
    assert not sender.flush(5)
    assert time.monotonic() - started < 3


def test_no_thread_runs_before_there_is_something_to_send(start):
    before = threading.active_count()
    _, _sender, _ = start()
    assert threading.active_count() <= before + 1  # the backend's own
