import logging

from continuum.cache.breaker import FAILURES_BEFORE_OPEN, LOG_SECONDS, OPEN_SECONDS, Breaker


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_it_opens_after_three_failures_and_closes_after_five_seconds():
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(FAILURES_BEFORE_OPEN - 1):
        breaker.failed(TimeoutError())
    assert breaker.allows()
    breaker.failed(TimeoutError())
    assert not breaker.allows()
    clock.now += OPEN_SECONDS
    # One asks, and while it waits the others go on without.
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert [breaker.allows() for _ in range(3)] == [True] * 3


def test_after_the_pause_one_failure_opens_it_again_and_one_success_closes_it():
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(FAILURES_BEFORE_OPEN):
        breaker.failed(TimeoutError())
    clock.now += OPEN_SECONDS
    breaker.failed(TimeoutError())
    assert breaker.is_open
    clock.now += OPEN_SECONDS
    breaker.succeeded()
    breaker.failed(TimeoutError())
    assert not breaker.is_open


def test_every_bypass_is_counted_and_a_line_a_minute_says_so_without_values(caplog):
    clock = Clock()
    breaker = Breaker(clock)
    with caplog.at_level(logging.DEBUG):
        for _ in range(50):
            if breaker.allows():
                breaker.failed(ConnectionError("canary at redis://canary"))
        assert len(caplog.records) == 1
        clock.now += LOG_SECONDS
        breaker.failed(ConnectionError("canary"))
    assert breaker.bypasses == 51
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert caplog.records[1].getMessage() == "recall cache bypassed 50 times, last because of ConnectionError"
