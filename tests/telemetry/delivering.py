"""What the tests of delivery share: an exporter of words, couriers that lead to a real socket, sums."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack

from telemetry.delivery.courier import Courier
from telemetry.delivery.exchange_http import HttpConnection
from telemetry.delivery.lane import Lane
from telemetry.delivery.parcel import Parcel
from telemetry.delivery.sender import Sender
from telemetry.delivery.spool import Spool
from telemetry.delivery.target import Target
from telemetry.ledger import Ledger
from telemetry.testing.sink import Sink

CATEGORIES = {"error": frozenset({"error"}), "span": frozenset({"span", "transaction"})}


class Words:
    """Sends words; what stands before a colon is the signal, what stands after it may ask for trouble."""

    name = "words"

    def signal(self, item: str) -> str:
        return item.partition(":")[0]

    def weight(self, item: str) -> int:
        return len(item)

    def gate(self, item: str, scope: object) -> str | None:
        if "raise" in item:
            raise ValueError(item)
        return None if "withhold" in item else item

    def encode(self, clean: list[str]) -> bytes:
        if any("unencodable" in item for item in clean):
            raise TypeError("no bytes for this")
        return ",".join(clean).encode()

    def split(self, body: bytes) -> list[tuple[int, bytes]]:
        words = body.split(b",")
        half = len(words) // 2
        return [(half, b",".join(words[:half])), (len(words) - half, b",".join(words[half:]))] if half else []

    def trim(self, body: bytes) -> bytes | None:
        return body[:64]


def until(condition, timeout=10.0):
    """Wait until something is so."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
    return value


def parcel(words: str, *, signal: str = "error", created: float | None = None) -> Parcel:
    """A parcel of words that are separated by commas."""
    made = Parcel.of(signal, words.count(",") + 1, words.encode())
    if created is None:
        return made
    return Parcel(made.signal, made.quantity, made.packed, made.size, created)


def words_taken(sink: Sink) -> list[str]:
    """Every word that a sink said it took."""
    return [
        word
        for request in sink.requests
        if request.taken
        for word in request.body.decode().split(",")
        if word
    ]


def ends(ledger: Ledger, signal: str = "error") -> dict[str, int]:
    """How the items of a signal ended, after a look at the sums of all."""
    snapshot = ledger.snapshot()
    for name in set(snapshot["accepted"]) | set(snapshot["replayed"]):
        came = snapshot["accepted"].get(name, 0) + snapshot["replayed"].get(name, 0)
        ended = sum(snapshot["ended"].get(name, {}).values())
        assert came == ended + snapshot["in_flight"][name]
        assert snapshot["in_flight"][name] >= 0
    return snapshot["ended"].get(signal, {})


def in_flight(ledger: Ledger) -> Counter[str]:
    """What has not ended, by signal, without zeros."""
    return +Counter(ledger.snapshot()["in_flight"])


class Station:
    """Makes sinks, couriers and lanes, and stops everything at its end."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._stack.close()

    def sink(self) -> Sink:
        sink = self._stack.enter_context(Sink())
        # It writes headers and body one by one; the second would wait 40 ms for the first's acknowledgement.
        sink._server.RequestHandlerClass.disable_nagle_algorithm = True
        return sink

    def courier(
        self, url: str, ledger: Ledger | None = None, *, spool=None, cutter=None, **options
    ) -> Courier:
        ledger = Ledger() if ledger is None else ledger
        target = options.pop("target", None) or Target(url, categories=CATEGORIES, timeout=2.0)
        connection = options.pop("connection", None) or HttpConnection(target)
        kept = self.spool(spool, ledger) if spool is not None else None
        courier = Courier("words", target, connection, cutter or Words(), ledger, spool=kept, **options)
        courier.ledger = ledger
        self._stack.callback(courier.stop)
        return courier

    @staticmethod
    def spool(directory, ledger: Ledger, **options) -> Spool:
        def lost(signal, quantity, end):
            ledger.replayed(signal, quantity)
            ledger.end(signal, end, quantity)

        return Spool(directory, on_loss=lost, on_fault=ledger.fault, **options)

    def give(self, courier: Courier, *parcels: Parcel) -> None:
        for one in parcels:
            courier.ledger.accept(one.signal, one.quantity)
            courier.give(one)

    def lane(
        self, url: str, *, exporter=None, spool=None, courier=None, **options
    ) -> tuple[Sender, Lane[str]]:
        sender = Sender(Ledger())
        exporter = exporter or Words()
        courier = self.courier(url, sender.ledger, spool=spool, cutter=exporter, **(courier or {}))
        lane = Lane(sender, exporter, courier, **{"delay": 0.02, **options})
        sender.add(lane)
        self._stack.callback(sender.shutdown, 0)
        return sender, lane


def submit(sender: Sender, lane: Lane[str], *words: str) -> None:
    """Accept words and queue them, as a gate does."""
    for word in words:
        sender.ledger.accept(lane._exporter.signal(word))
    lane.submit(words, None)
