import threading

import pytest

from continuum.limits import buckets
from continuum.limits.buckets import LocalBuckets, Rate


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_burst_passes_and_then_one_at_a_time_as_the_bucket_fills(clock):
    limiter = LocalBuckets(Rate(per_second=2, burst=3), clock)
    assert [limiter.take("a") for _ in range(3)] == [0, 0, 0]
    assert limiter.take("a") == 0.5
    clock.now += 0.25
    assert limiter.take("a") == 0.25
    clock.now += 0.25
    assert limiter.take("a") == 0
    assert limiter.take("a") == 0.5


def test_a_bucket_holds_no_more_than_its_burst_however_long_it_fills(clock):
    limiter = LocalBuckets(Rate(per_second=10, burst=2), clock)
    limiter.take("a")
    clock.now += 1_000_000
    assert [limiter.take("a") > 0 for _ in range(3)] == [False, False, True]


def test_each_name_has_a_bucket_of_its_own(clock):
    limiter = LocalBuckets(Rate(per_second=1, burst=1), clock)
    assert limiter.take("a") == 0
    assert limiter.take("a") > 0
    assert limiter.take("b") == 0


def test_memory_is_bounded_and_who_was_limited_lately_stays_so(clock, monkeypatch):
    monkeypatch.setattr(buckets, "_MOST_BUCKETS", 3)
    limiter = LocalBuckets(Rate(per_second=1, burst=1), clock)
    for name in "abc":
        assert limiter.take(name) == 0
        clock.now += 0.1
    assert limiter.take("d") == 0
    assert limiter.take("c") > 0
    clock.now += 10
    for name in "efghi":
        assert limiter.take(name) == 0
    assert len(limiter._buckets) == 3


def test_threads_together_get_no_more_than_the_burst(clock):
    limiter = LocalBuckets(Rate(per_second=1, burst=50), clock)
    passed = []
    threads = [
        threading.Thread(target=lambda: passed.extend(limiter.take("a") == 0 for _ in range(20)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 50
