"""A bell can be rung at any moment, by anybody, and nobody waits for another who rings or waits."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from telemetry.delivery.bell import Bell


@pytest.fixture
def alarm():
    """Has a function run as a signal's handler, on the main thread, in a moment."""
    before = signal.getsignal(signal.SIGALRM)

    def soon(handler):
        signal.signal(signal.SIGALRM, lambda *_: handler())
        signal.setitimer(signal.ITIMER_REAL, 0.05)

    yield soon
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_all_who_wait_are_woken_and_whoever_comes_until_it_is_cleared():
    bell, woken = Bell(), []
    threads = [threading.Thread(target=lambda: woken.append(bell.wait(20))) for _ in range(5)]
    for thread in threads:
        thread.start()
    while len(bell._waiting) < len(threads):
        time.sleep(0.001)
    bell.set()
    for thread in threads:
        thread.join(10)
    assert woken == [True] * 5
    assert bell.wait(0)
    bell.clear()
    assert not bell.wait(0.01)
    assert not bell._waiting


def test_a_handler_may_ring_for_the_thread_that_it_interrupts(alarm):
    bell = Bell()
    alarm(bell.set)
    assert bell.wait(20)


def test_a_handler_may_need_a_lock_of_somebody_who_rings(alarm):
    bell, busy, handled = Bell(), threading.Lock(), threading.Event()

    def ring():
        with busy:
            handled.wait(0.02)
            bell.set()

    def handle():
        other = threading.Thread(target=ring)
        other.start()
        while not busy.locked():
            time.sleep(0.001)
        with busy:
            handled.set()

    alarm(handle)
    assert bell.wait(20)
    assert handled.is_set()


def test_many_who_ring_and_wait_at_once_lose_no_ring():
    bell, rounds = Bell(), 300
    answered = threading.Semaphore(0)

    def wait():
        for _ in range(rounds):
            while not bell.wait(5):
                pass
            bell.clear()
            answered.release()

    thread = threading.Thread(target=wait)
    thread.start()
    for _ in range(rounds):
        bell.set()
        assert answered.acquire(timeout=10)
    thread.join(10)
