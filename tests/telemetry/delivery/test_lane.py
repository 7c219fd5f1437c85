"""The queue that the application's threads append to, its sender's thread, and who may call when."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from delivering import Words, ends, in_flight, submit, until, words_taken

from telemetry.testing.sink import Answer, SilentSink


def test_a_batch_goes_out_when_it_is_full_without_waiting(station):
    sink = station.sink()
    sender, lane = station.lane(sink.url, batch=3, delay=60.0)
    submit(sender, lane, "error:1", "error:2", "error:3")
    until(lambda: ends(sender.ledger) == {"delivered": 3})
    assert len(sink.requests) == 1


def test_a_batch_of_mixed_signals_becomes_parcels_of_one_each(station):
    sink = station.sink()
    sender, lane = station.lane(sink.url)
    submit(sender, lane, "error:1", "span:1", "error:2", "span:2")
    assert sender.flush(5)
    assert ends(sender.ledger) == {"delivered": 2}
    assert ends(sender.ledger, "span") == {"delivered": 2}
    assert all(
        len({word.partition(":")[0] for word in request.body.decode().split(",")}) == 1
        for request in sink.requests
    )


def test_one_that_cannot_be_encoded_takes_no_other_with_it(station):
    sink = station.sink()
    sender, lane = station.lane(sink.url)
    words = [f"error:{number}" for number in range(9)]
    submit(sender, lane, *words[:4], "error:unencodable", *words[4:])
    assert sender.flush(5)
    assert ends(sender.ledger) == {"delivered": 9, "withheld": 1}
    assert words_taken(sink) == words


def test_the_queue_is_bounded_in_bytes(station):
    sink = station.sink()
    sender, lane = station.lane(sink.url, most_bytes=1000, delay=60.0)
    submit(sender, lane, *("error:" + "x" * 94 for _ in range(15)))
    assert ends(sender.ledger) == {"queue_full": 5}
    assert lane.waiting == 10
    assert sender.flush(5)
    submit(sender, lane, *("error:" + "x" * 94 for _ in range(10)))
    assert ends(sender.ledger) == {"queue_full": 5, "delivered": 10}


def test_a_body_is_no_larger_than_its_backend_takes(station):
    sink = station.sink()
    sender, lane = station.lane(sink.url)
    lane.courier.largest = 100
    submit(sender, lane, *(f"error:{number:04}" for number in range(50)))
    assert sender.flush(5)
    assert ends(sender.ledger) == {"delivered": 50}
    assert max(len(request.body) for request in sink.requests) <= 100


def test_a_large_one_is_trimmed_and_one_that_stays_too_large_is_counted(station):
    class Stubborn(Words):
        def trim(self, body):
            return body if b"stubborn" in body else super().trim(body)

    sink = station.sink()
    sender, lane = station.lane(sink.url, exporter=Stubborn())
    lane.courier.largest = 100
    submit(sender, lane, "error:" + "x" * 200, "error:stubborn" + "x" * 200)
    assert sender.flush(5)
    assert ends(sender.ledger) == {"delivered": 1, "too_large": 1}
    assert [len(word) for word in words_taken(sink)] == [64]


def test_an_item_that_cannot_be_weighed_is_withheld(station):
    class Scales(Words):
        def weight(self, item):
            if "heavy" in item:
                raise RuntimeError(item)
            return super().weight(item)

    sink = station.sink()
    sender, lane = station.lane(sink.url, exporter=Scales())
    submit(sender, lane, "error:1", "error:heavy", "error:2")
    assert sender.flush(5)
    assert ends(sender.ledger) == {"delivered": 2, "withheld": 1}


def test_a_gate_that_wants_to_leave_ends_one_batch_and_not_the_sender(station):
    class Leaving(Words):
        def gate(self, item, scope):
            if "leave" in item:
                raise SystemExit
            return item

    sink = station.sink()
    sender, lane = station.lane(sink.url, exporter=Leaving())
    submit(sender, lane, "error:1", "error:leave", "error:2")
    until(lambda: ends(sender.ledger) == {"withheld": 2, "delivered": 1})
    submit(sender, lane, "error:3")
    until(lambda: ends(sender.ledger) == {"withheld": 2, "delivered": 2})
    assert sender.ledger.snapshot()["faults"] == {"sender: SystemExit": 1}


def test_a_sweep_that_raises_stops_nothing(station):
    sink = station.sink()
    sender, lane = station.lane(sink.url)
    sender.sweep_with(lambda _age: 1 / 0)
    submit(sender, lane, "error:1")
    until(lambda: ends(sender.ledger) == {"delivered": 1})
    submit(sender, lane, "error:2")
    sender.shutdown(5)
    assert ends(sender.ledger) == {"delivered": 2}


def test_a_lane_that_is_never_empty_starves_no_other_and_no_flush(station):
    """The gate is slower than the application; a second lane and a flush have their turn all the same."""

    class Slow(Words):
        def gate(self, item, scope):
            time.sleep(0.001)
            return item

    sink = station.sink()
    sender, busy = station.lane(sink.url, exporter=Slow(), batch=4, most=64)
    other = type(busy)(sender, Words(), station.courier(sink.url, sender.ledger), delay=0.02)
    sender.add(other)
    over = threading.Event()

    def flood():
        while not over.wait(0.0005):
            submit(sender, busy, *(["span:1"] * 8))

    flooding = threading.Thread(target=flood)
    flooding.start()
    try:
        until(lambda: "queue_full" in ends(sender.ledger, "span"))
        submit(sender, other, "error:1")
        until(lambda: ends(sender.ledger) == {"delivered": 1}, 3.0)
        started = time.monotonic()
        sender.flush(1.0)
        sender.shutdown(1.0)
        assert time.monotonic() - started < 3.0
    finally:
        over.set()
        flooding.join(5)
    assert sum(in_flight(sender.ledger).values()) == 0


def test_a_shutdown_does_not_wait_for_a_gate_that_takes_too_long(station):
    class Slow(Words):
        def gate(self, item, scope):
            time.sleep(0.01)
            return item

    sink = station.sink()
    sender, lane = station.lane(sink.url, exporter=Slow(), batch=5, delay=60.0)
    submit(sender, lane, *(f"error:{number}" for number in range(400)))
    started = time.monotonic()
    sender.shutdown(0.5)
    assert time.monotonic() - started < 1.5
    until(lambda: not in_flight(sender.ledger))
    assert ends(sender.ledger)["lost_at_shutdown"] > 200


def test_nothing_that_is_submitted_while_it_stops_is_forgotten(station):
    sink = station.sink()
    sender, lane = station.lane(sink.url)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    over = threading.Event()

    def work():
        while not over.is_set():
            submit(sender, lane, "error:1", "span:1")

    workers = [threading.Thread(target=work) for _ in range(4)]
    try:
        for worker in workers:
            worker.start()
        time.sleep(0.05)
        sender.shutdown(2.0)
        time.sleep(0.02)
    finally:
        over.set()
        for worker in workers:
            worker.join(5)
        sys.setswitchinterval(before)
    until(lambda: not in_flight(sender.ledger))
    assert lane.waiting == 0
    assert lane._bytes == 0
    delivered = sum(ends(sender.ledger, kind)["delivered"] for kind in ("error", "span"))
    # The shutdown waits for no answer, so the last body may have been taken and is counted as lost.
    assert delivered <= len(words_taken(sink)) <= delivered + lane._batch


def test_flush_and_shutdown_from_many_threads_end(station):
    sink = station.sink()
    sink.always("/", Answer(200, delay=0.01))
    sender, lane = station.lane(sink.url, batch=10)
    submit(sender, lane, *(f"error:{number}" for number in range(300)))
    calls = [lambda: sender.flush(2.0), lambda: sender.shutdown(2.0), lambda: sender.flush(0.0)] * 4
    callers = [threading.Thread(target=call) for call in calls]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(10)
    assert not any(caller.is_alive() for caller in callers)
    until(lambda: not in_flight(sender.ledger))


def test_a_signal_handler_may_shut_down_while_the_same_thread_submits(station):
    """In a process of its own, again and again: a lock that isn't re-entrant would hang it."""
    program = Path(__file__).with_name("interrupted.py")
    for _ in range(2):
        ended = subprocess.run(
            [sys.executable, str(program)],
            env={**os.environ, "PYTHONPATH": str(program.parents[1])},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "ended", "")


def test_a_signal_handler_may_shut_down_while_the_same_thread_is_in_the_gate(station):
    class Interrupted(Words):
        def gate(self, item, scope):
            if "signal" in item:
                signal.raise_signal(signal.SIGUSR1)
            return item

    sink = station.sink()
    sender, lane = station.lane(sink.url, exporter=Interrupted(), delay=60.0)
    before = signal.signal(signal.SIGUSR1, lambda *_: sender.shutdown(3.0))
    try:
        submit(sender, lane, "error:signal", *(f"error:{number}" for number in range(9)))
        started = time.monotonic()
        sender.flush(3.0)
        assert time.monotonic() - started < 1.0
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert ends(sender.ledger) == {"delivered": 9, "lost_at_shutdown": 1}


@pytest.mark.parametrize("was_used", [False, True])
def test_a_second_shutdown_does_nothing_and_takes_no_time(station, was_used):
    sink = station.sink()
    sender, lane = station.lane(sink.url)
    if was_used:
        submit(sender, lane, "error:1")
    sender.shutdown(5.0)
    started = time.monotonic()
    sender.shutdown(5.0)
    assert sender.flush(5.0)
    assert time.monotonic() - started < 1.0
    assert ends(sender.ledger) == ({"delivered": 1} if was_used else {})


def test_a_task_may_flush_and_be_cancelled(station):
    silent = SilentSink()
    try:
        sender, lane = station.lane(f"http://127.0.0.1:{silent.port}/")

        async def work():
            submit(sender, lane, "error:1")
            flushing = asyncio.create_task(asyncio.to_thread(sender.flush, 0.3))
            await asyncio.sleep(0.05)
            flushing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await flushing
            return sender.flush(0.1)

        assert asyncio.run(work()) is False
        sender.shutdown(0.2)
        assert ends(sender.ledger) == {"lost_at_shutdown": 1}
    finally:
        silent.close()


def test_a_backend_that_never_answers_holds_up_no_thread_that_submits(station):
    silent = SilentSink()
    try:
        sender, lane = station.lane(f"http://127.0.0.1:{silent.port}/", batch=8, most=64)
        submit(sender, lane, "error:0")
        until(lambda: lane.courier._carrying is not None)
        longest = 0.0
        for number in range(2000):
            started = time.monotonic()
            submit(sender, lane, f"error:{number}")
            longest = max(longest, time.monotonic() - started)
        assert longest < 1.0  # one exchange would take two
    finally:
        silent.close()


def test_in_the_child_of_a_fork_what_waited_is_the_parents(station):
    sink = station.sink()
    sender, lane = station.lane(sink.url, delay=60.0)
    submit(sender, lane, "error:parent")
    with sender._lock, sender._packing, sender.ledger._lock, lane.courier._lock:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                sender.ledger.start_anew()
                sender.start_anew()
                submit(sender, lane, "error:child")
                code = 0 if sender.flush(5) and ends(sender.ledger) == {"delivered": 1} else 2
            finally:
                os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sender.flush(5)
    assert words_taken(sink) == ["error:child", "error:parent"]


def test_two_hundred_thousand_items_leave_nothing_behind(station):
    class Terse(Words):
        def encode(self, clean):
            return b"error:1"

    sink = station.sink()
    sender, lane = station.lane(sink.url, exporter=Terse(), batch=4096)

    def run(items):
        for _ in range(items // 1000):
            submit(sender, lane, *(["error:1"] * 1000))
            if lane.waiting > 3000:
                assert sender.flush(5)
        assert sender.flush(5)
        sink._received.clear()
        gc.collect()
        return len(gc.get_objects())

    before = run(10_000)
    assert run(200_000) - before < 200
    assert ends(sender.ledger) == {"delivered": 210_000}
    assert lane._bytes == 0


def test_no_thread_is_started_by_a_flush_of_nothing(station):
    sink = station.sink()
    sender, _ = station.lane(sink.url)
    before = threading.active_count()
    assert sender.flush(1)
    sender.shutdown(1)
    assert threading.active_count() <= before
