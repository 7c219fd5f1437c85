"""Token buckets for floods of the same error."""

from __future__ import annotations

import gc
import threading

import pytest

from telemetry.sentry import flood as flood_module
from telemetry.sentry.flood import MOST_KINDS, Flood, kind_of, kind_of_line


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    one = Clock()
    monkeypatch.setattr(flood_module, "time", one)
    return one


def raised(make, where):
    try:
        where(make)
    except Exception as error:
        return error
    raise AssertionError


def here(make):
    raise make()


def there(make):
    raise make()


def test_the_first_ones_pass_and_then_one_in_a_while(clock):
    flood = Flood(burst=5, refill=10.0)
    assert [flood.admits("kind") for _ in range(8)] == [True] * 5 + [False] * 3
    clock.now += 9.9
    assert not flood.admits("kind")
    clock.now += 0.2
    assert [flood.admits("kind") for _ in range(3)] == [True, False, False]


def test_five_hundred_a_second_for_a_minute_come_to_a_few(clock):
    flood = Flood()
    passed = 0
    for _ in range(500 * 60):
        clock.now += 1 / 500
        passed += flood.admits("kind")
    assert passed == pytest.approx(flood_module.BURST + 60 / flood_module.REFILL, abs=1)


def test_after_a_rest_no_more_than_a_burst_passes(clock):
    flood = Flood(burst=3, refill=1.0)
    flood.admits("kind")
    clock.now += 1e9
    assert [flood.admits("kind") for _ in range(5)] == [True] * 3 + [False] * 2


def test_one_kind_does_not_spend_what_is_anothers(clock):
    flood = Flood(burst=1)
    assert flood.admits("one")
    assert flood.admits("two")
    assert not flood.admits("one")


def test_it_remembers_no_more_than_so_many_kinds_and_forgets_the_quietest(clock):
    flood = Flood(burst=1, refill=1e9)
    assert flood.admits("loud")
    for number in range(MOST_KINDS * 3):
        assert flood.admits(number)
        assert not flood.admits("loud")
    assert len(flood._buckets) == MOST_KINDS


def test_threads_together_get_no_more_than_a_burst():
    flood = Flood(burst=50, refill=1e9)
    passed = []
    workers = [
        threading.Thread(target=lambda: passed.extend(flood.admits("kind") for _ in range(200)))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(5)
    assert (len(passed), sum(passed)) == (800, 50)


def test_the_child_of_a_fork_begins_anew_although_the_lock_was_held():
    flood = Flood(burst=1)
    assert flood.admits("kind")
    holder = flood._lock
    holding, over = threading.Event(), threading.Event()

    def hold():
        with holder:
            holding.set()
            over.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(5)
    try:
        flood.start_anew()
        assert flood.admits("kind")
    finally:
        over.set()
        thread.join(5)


def test_the_same_error_is_its_class_and_its_line_whatever_it_says():
    assert kind_of(raised(lambda: ValueError("a"), here)) == kind_of(raised(lambda: ValueError("b"), here))
    assert kind_of(raised(lambda: ValueError("a"), here)) != kind_of(raised(lambda: KeyError("a"), here))
    assert kind_of(raised(lambda: ValueError("a"), here)) != kind_of(raised(lambda: ValueError("a"), there))


def test_an_error_that_was_never_raised_has_a_kind():
    assert kind_of(ValueError("a")) == kind_of(ValueError("b"))


def test_a_kind_keeps_no_frame_and_no_error_alive():
    class MarkedError(Exception):
        pass

    flood = Flood()
    flood.admits(kind_of(raised(MarkedError, here)))
    gc.collect()
    assert not [one for one in gc.get_objects() if isinstance(one, MarkedError)]


def test_log_lines_are_the_same_when_they_come_from_one_place():
    class Line:
        name, pathname, lineno, msg = "app", "app.py", 7, "first"

    other = Line()
    other.msg = "second"
    assert kind_of_line(Line()) == kind_of_line(other)
    other.lineno = 8
    assert kind_of_line(Line()) != kind_of_line(other)
