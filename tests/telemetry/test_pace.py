"""A background thread works a little and rests: for most of the time while little waits, never while much does."""

from __future__ import annotations

import threading
import time

import pytest

from telemetry import pace


def worked_off(fullness: float) -> tuple[float, float]:
    """The seconds of work, and those that went by, for some work on a thread with a pace."""
    times: list[float] = []

    def work() -> None:
        with pace.paced(lambda: fullness):
            started, mine = time.monotonic(), time.thread_time()
            while time.thread_time() - mine < 0.02:
                pace.breathe()
            times.extend((time.thread_time() - mine, time.monotonic() - started))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return times[0], times[1]


def test_a_thread_at_ease_rests_for_most_of_the_time():
    work, took = worked_off(0.0)
    assert took > work / pace.AT_EASE / 2  # asked for a tenth: a loaded machine only makes it less


@pytest.mark.parametrize("fullness", [0.5, 1.0, 7.0])
def test_a_thread_in_a_hurry_never_rests(monkeypatch, fullness):
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("rested"))
    worked_off(fullness)


def test_a_thread_works_for_longer_before_it_rests_the_fuller_its_queues_are(monkeypatch):
    rests: list[float] = []
    monkeypatch.setattr(time, "sleep", rests.append)
    numbers = []
    for fullness in (0.0, 0.25, 0.4):
        rests.clear()
        worked_off(fullness)
        numbers.append(len(rests))
    assert numbers[0] > numbers[1] > numbers[2] > 0


def test_a_rest_is_never_longer_than_somebody_who_waits_allows(monkeypatch):
    rests: list[float] = []
    monkeypatch.setattr(time, "sleep", rests.append)
    with pace.paced(lambda: 0.0):
        for _ in range(3):
            mine = time.thread_time()
            while time.thread_time() - mine < 0.001:
                pass
            pace.breathe(0.0001)
    assert rests == [0.0001] * 3


def test_other_threads_go_straight_on(monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("rested"))
    with pace.paced(lambda: 0.0):
        pass
    mine = time.thread_time()
    while time.thread_time() - mine < 0.001:
        pass
    pace.breathe()
