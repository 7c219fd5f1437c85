"""The courier against a real socket: what waits, what is kept, what ends, and who may call when."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import threading
import time
from contextlib import suppress

import pytest
from delivering import CATEGORIES, Words, ends, in_flight, parcel, until, words_taken

from telemetry.delivery import courier as courier_module
from telemetry.delivery.exchange import Answer as Meant
from telemetry.delivery.exchange import Reply
from telemetry.delivery.target import Target
from telemetry.testing.sink import Answer, SilentSink

LIMITED = {"X-Sentry-Rate-Limits": "60:error:organization"}


def hurried(courier, seconds=5.0):
    deadline = time.monotonic() + seconds
    courier.hurry(deadline)
    return courier.is_settled(deadline)


def test_a_limit_on_one_category_does_not_hold_up_the_other(station):
    sink = station.sink()
    sink.script("/", Answer(429, LIMITED))
    courier = station.courier(sink.url)
    station.give(courier, parcel("error:1"), parcel("span:1", signal="span"))
    until(lambda: words_taken(sink) == ["span:1"])
    until(lambda: in_flight(courier.ledger) == {"error": 1})


def test_a_flush_goes_on_with_what_is_wanted_after_a_429(station):
    sink = station.sink()
    sink.script("/", Answer(429, LIMITED))
    courier = station.courier(sink.url)
    courier._running = True  # holds the thread back, so that both wait when the flush begins
    station.give(courier, parcel("error:1"), parcel("span:1", signal="span"))
    courier._running = False
    assert not hurried(courier)
    assert words_taken(sink) == ["span:1"]


def test_a_429_keeps_on_disk_only_what_is_not_wanted(station, tmp_path):
    sink = station.sink()
    sink.script("/", Answer(429, LIMITED))
    courier = station.courier(sink.url, spool=tmp_path / "spool")
    courier._running = True
    station.give(courier, parcel("error:1"), parcel("span:1", signal="span"))
    courier._running = False
    assert not hurried(courier)
    assert ends(courier.ledger) == {"spooled": 1}
    assert ends(courier.ledger, "span") == {"delivered": 1}


def test_a_200_with_a_limit_delivers_this_one_and_keeps_the_next(station):
    sink = station.sink()
    sink.script("/", Answer(200, LIMITED))
    courier = station.courier(sink.url)
    station.give(courier, parcel("error:1"))
    until(lambda: ends(courier.ledger) == {"delivered": 1})
    station.give(courier, parcel("error:2"), parcel("span:1", signal="span"))
    until(lambda: ends(courier.ledger, "span") == {"delivered": 1})
    assert words_taken(sink) == ["error:1", "span:1"]
    assert in_flight(courier.ledger) == {"error": 1}


def test_a_limit_longer_than_what_is_kept_ends_what_waits_and_what_comes(station):
    sink = station.sink()
    sink.script("/", Answer(429, {"Retry-After": "3600"}))
    courier = station.courier(sink.url)
    station.give(courier, parcel("error:1"))
    until(lambda: ends(courier.ledger) == {"rate_limited": 1})
    station.give(courier, parcel("error:2,error:3"))
    assert ends(courier.ledger) == {"rate_limited": 3}
    assert len(sink.requests) == 1


def test_after_a_denial_nothing_is_asked_and_everything_is_counted(station, caplog):
    sink = station.sink()
    sink.always("/", Answer(403))
    courier = station.courier(sink.url)
    station.give(courier, *(parcel(f"error:{number}") for number in range(20)))
    until(lambda: ends(courier.ledger) == {"rejected": 20})
    station.give(courier, parcel("error:late"))
    assert ends(courier.ledger) == {"rejected": 21}
    assert len(sink.requests) == 1
    assert sum("credentials" in line for line in caplog.messages) == 1


def test_when_the_credentials_are_right_again_delivery_goes_on(station, monkeypatch):
    monkeypatch.setattr(courier_module, "DENIED_FOR", 0.2)
    sink = station.sink()
    sink.script("/", Answer(401))
    courier = station.courier(sink.url)
    station.give(courier, parcel("error:1"))
    until(lambda: ends(courier.ledger) == {"rejected": 1})
    time.sleep(0.25)
    station.give(courier, parcel("error:2"))
    until(lambda: ends(courier.ledger) == {"rejected": 1, "delivered": 1})


def test_what_was_kept_on_disk_ends_a_denial_when_it_is_taken(station, tmp_path):
    sink = station.sink()
    sink.script("/", Answer(503), Answer(403), Answer(200))
    courier = station.courier(sink.url, spool=tmp_path / "spool")
    station.give(courier, parcel("error:1"))
    until(lambda: ends(courier.ledger) == {"spooled": 1})
    until(lambda: len(sink.requests) == 2)
    assert hurried(courier)
    station.give(courier, parcel("error:2"))
    until(lambda: ends(courier.ledger) == {"spooled": 1, "delivered": 2})


def test_what_lies_on_disk_survives_a_denial(station, tmp_path):
    sink = station.sink()
    sink.always("/", Answer(503))
    first = station.courier(sink.url, spool=tmp_path / "spool")
    station.give(first, parcel("error:1"))
    until(lambda: ends(first.ledger) == {"spooled": 1})
    first.stop()
    sink.always("/", Answer(401))
    second = station.courier(sink.url, spool=tmp_path / "spool")
    second.resume()
    until(lambda: "credentials" in (second.status()["trouble"] or ""))
    assert second.status()["spooled_parcels"] == 1
    assert ends(second.ledger) == {}


def test_what_an_earlier_run_left_is_delivered_and_told(station, tmp_path, caplog):
    sink = station.sink()
    sink.always("/", Answer(503))
    first = station.courier(sink.url, spool=tmp_path / "spool")
    station.give(first, parcel("error:1,error:2"))
    until(lambda: ends(first.ledger) == {"spooled": 2})
    first.stop()
    sink.always("/", Answer(200))
    second = station.courier(sink.url, spool=tmp_path / "spool")
    second.resume()
    until(lambda: any("2 items that waited on disk were delivered" in line for line in caplog.messages))
    assert ends(second.ledger) == {"delivered": 2}
    assert words_taken(sink) == ["error:1", "error:2"]


def test_what_cannot_be_made_smaller_is_counted(station):
    class Firm(Words):
        def split(self, body):
            return []

        def trim(self, body):
            return None

    sink = station.sink()
    sink.always("/", Answer(413))
    courier = station.courier(sink.url, cutter=Firm())
    station.give(courier, parcel("error:1,error:2"))
    until(lambda: ends(courier.ledger) == {"too_large": 2})
    assert len(sink.requests) == 1


def test_a_cutter_that_raises_loses_no_count(station):
    class Clumsy(Words):
        def split(self, body):
            raise RuntimeError("knife")

    sink = station.sink()
    sink.script("/", Answer(413))
    courier = station.courier(sink.url, cutter=Clumsy())
    station.give(courier, parcel("error:1,error:2"), parcel("error:3"))
    until(lambda: ends(courier.ledger) == {"too_large": 2, "delivered": 1})
    assert courier.ledger.snapshot()["faults"] == {"words delivery: RuntimeError": 1}


def test_halves_are_as_old_as_the_whole(station):
    sink = station.sink()
    sink.script("/", Answer(413), Answer(503))
    courier = station.courier(sink.url, longest_kept=1.5)
    old = time.time() - 1.0
    station.give(courier, parcel("error:1,error:2", created=old))
    until(lambda: len(sink.requests) == 2)
    assert {waiting.created for waiting in courier._backlog._parcels} == {old}


def test_a_connection_that_raises_loses_nothing(station):
    class Moody:
        def __init__(self):
            self.calls = 0

        def post(self, parcel, deadline):
            self.calls += 1
            if self.calls == 1:
                raise UnicodeEncodeError("latin-1", "x", 0, 1, "a header, for example")
            return Reply(Meant.TAKEN, "taken")

        def renew(self): ...

        def close(self): ...

    courier = station.courier("http://127.0.0.1:9/", connection=Moody())
    station.give(courier, parcel("error:1"), parcel("error:2"))
    until(lambda: courier._breaker.failures == 1)
    assert in_flight(courier.ledger) == {"error": 2}
    assert hurried(courier)
    assert ends(courier.ledger) == {"delivered": 2}


def test_what_waits_for_too_long_expires(station):
    sink = station.sink()
    sink.always("/", Answer(503))
    courier = station.courier(sink.url, longest_kept=0.3)
    station.give(courier, parcel("error:1"))
    until(lambda: len(sink.requests) == 1)
    time.sleep(0.3)
    hurried(courier, 1.0)
    assert ends(courier.ledger) == {"expired": 1}
    assert in_flight(courier.ledger) == {}


def test_memory_is_bounded_in_bytes(station):
    silent = SilentSink()
    try:
        body = os.urandom(1000).hex()
        courier = station.courier(f"http://127.0.0.1:{silent.port}/", most_bytes=3000)
        station.give(courier, *(parcel(body) for _ in range(10)))
        assert ends(courier.ledger)["queue_full"] >= 6
        assert courier.waiting <= 4
        assert sum(in_flight(courier.ledger).values()) == courier.waiting
    finally:
        silent.close()


def test_after_stop_everything_given_is_counted_or_kept(station, tmp_path):
    sink = station.sink()
    without, with_disk = station.courier(sink.url), station.courier(sink.url, spool=tmp_path / "spool")
    for courier in (without, with_disk):
        courier.stop()
        station.give(courier, parcel("error:late"))
        courier.stop()
        hurried(courier, 0.1)
    assert ends(without.ledger) == {"lost_at_shutdown": 1}
    assert ends(with_disk.ledger) == {"spooled": 1}
    assert sink.requests == []


def test_a_hurry_does_not_wait_longer_than_it_may_for_a_post_that_hangs(station, tmp_path):
    silent = SilentSink()
    try:
        courier = station.courier(f"http://127.0.0.1:{silent.port}/", spool=tmp_path / "spool")
        station.give(courier, parcel("error:1"), parcel("error:2"))
        until(lambda: courier._carrying is not None)
        started = time.monotonic()
        assert not hurried(courier, 0.3)
        courier.stop()
        assert time.monotonic() - started < 1.0
        assert ends(courier.ledger) == {"spooled": 2}
    finally:
        silent.close()


def test_a_short_flush_does_not_cut_a_long_one_short(station):
    sink = station.sink()
    sink.always("/", Answer(200, delay=0.05))
    courier = station.courier(sink.url)
    courier._running = True
    station.give(courier, *(parcel(f"error:{number}") for number in range(8)))
    now = time.monotonic()
    courier.hurry(now + 5.0)
    courier.hurry(now + 0.01)
    courier._running = False
    courier.start()
    assert courier.is_settled(now + 5.0)


def test_a_courier_whose_thread_cannot_start_delivers_when_it_is_flushed(station, monkeypatch):
    sink = station.sink()
    sink.always("/", Answer(200, delay=0.02))
    courier = station.courier(sink.url)
    flushers = [threading.Thread(target=hurried, args=(courier,)) for _ in range(4)]
    start = threading.Thread.start

    def start_others(thread):
        if thread.name.startswith("continuum-telemetry"):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_others)
    words = [f"error:{number}" for number in range(10)]
    station.give(courier, *map(parcel, words))
    assert sink.requests == []
    for flusher in flushers:
        flusher.start()
    for flusher in flushers:
        flusher.join(10)
    assert ends(courier.ledger) == {"delivered": 10}
    assert words_taken(sink) == words


def test_one_that_never_answers_holds_up_no_other(station):
    silent, sink = SilentSink(), station.sink()
    try:
        stuck = station.courier(f"http://127.0.0.1:{silent.port}/")
        station.give(stuck, parcel("error:stuck"))
        until(lambda: stuck._carrying is not None)
        well = station.courier(sink.url)
        station.give(well, parcel("error:1"))
        until(lambda: ends(well.ledger) == {"delivered": 1}, 1.0)
        started = time.monotonic()
        station.give(stuck, *(parcel(f"error:{number}") for number in range(100)))
        assert time.monotonic() - started < 0.5  # nobody waited for the post, which takes two seconds
    finally:
        silent.close()


def test_an_alternation_of_yes_and_no_is_said_once(station, caplog):
    sink = station.sink()
    sink.script("/", *[Answer(400), Answer(200)] * 10)
    courier = station.courier(sink.url)
    station.give(courier, *(parcel(f"error:{number}") for number in range(20)))
    until(lambda: ends(courier.ledger) == {"rejected": 10, "delivered": 10})
    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage().partition(": ")[2] for record in said] == [
        f"words: refused by {courier.target.host}: HTTP 400",
        "words: delivering again",
    ]


def test_a_cut_connection_is_tried_again_and_the_item_counted_once(station):
    sink = station.sink()
    sink.script("/", Answer(reset=True))
    courier = station.courier(sink.url)
    station.give(courier, parcel("error:1"))
    until(lambda: ends(courier.ledger) == {"delivered": 1})
    assert words_taken(sink) == ["error:1"]


def test_a_child_of_a_fork_delivers_its_own_and_leaves_the_parents_alone(station, tmp_path):
    sink = station.sink()
    sink.script("/", Answer(200, delay=0.3))
    courier = station.courier(sink.url, spool=tmp_path / "spool")
    station.give(courier, parcel("error:parent-1"), parcel("error:parent-2"))
    until(lambda: courier._carrying is not None)
    locked, over = threading.Event(), threading.Event()

    def hold():
        with courier._lock, courier._shelf._spool._listing._lock:
            locked.set()
            over.wait(10)

    holding = threading.Thread(target=hold)
    holding.start()
    locked.wait(5)
    try:  # the child gets them locked, by a thread that it doesn't have
        child = os.fork()
        if child == 0:
            code = 1
            signal.alarm(5)
            try:
                courier.ledger.start_anew()
                courier.forget()
                station.give(courier, parcel("error:child"))
                code = 0 if hurried(courier) and ends(courier.ledger) == {"delivered": 1} else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        over.set()
        holding.join(5)
    until(lambda: ends(courier.ledger) == {"delivered": 2})
    assert sorted(words_taken(sink)) == ["error:child", "error:parent-1", "error:parent-2"]


def test_what_interrupts_the_bell_may_ring_it(station):
    courier = station.courier("http://127.0.0.1:9/")
    handled = []

    def handle(*_arguments):
        courier._wake.set()
        courier._settled.clear()
        courier._settled.set()
        handled.append(True)

    before = signal.signal(signal.SIGALRM, handle)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            courier._wake.set()
            courier._wake.clear()
            courier._settled.set()
            courier._settled.wait(0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(handled) > 50


def test_a_failure_leaves_nothing_behind(station):
    """A thousand refused parcels keep no reply, no parcel and no text alive."""
    sink = station.sink()
    sink.always("/", Answer(400))
    courier = station.courier(sink.url)
    station.give(courier, parcel("error:first"))
    until(lambda: ends(courier.ledger) == {"rejected": 1})
    gc.collect()
    before = len(gc.get_objects())
    station.give(courier, *(parcel(f"error:{number}") for number in range(300)))
    until(lambda: ends(courier.ledger) == {"rejected": 301})
    sink._received.clear()
    gc.collect()
    assert len(gc.get_objects()) - before < 300


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_kept(station, status):
    sink = station.sink()
    sink.script("/", Answer(status))
    courier = station.courier(sink.url, target=Target(sink.url, categories=CATEGORIES))
    station.give(courier, parcel("error:1"))
    until(lambda: courier.status()["trouble"])
    assert ends(courier.ledger) == {}
    assert courier.waiting == 1


def test_headers_that_drip_hold_up_their_own_courier_and_no_shutdown(station, tmp_path):
    """Each read is bounded, their sum is not; what waits behind them is kept, and the end comes in time."""
    over = threading.Event()

    def drip():
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not over.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        dripping = threading.Thread(target=drip)
        dripping.start()
        target = Target(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=0.2)
        courier = station.courier("", target=target, spool=tmp_path / "spool", most_bytes=100)
        station.give(courier, *(parcel(f"error:{number}") for number in range(20)))
        started = time.monotonic()
        assert not hurried(courier, 0.5)
        courier.stop()
        assert time.monotonic() - started < 1.5
        assert ends(courier.ledger) == {"spooled": 20}
        over.set()
        dripping.join(5)
