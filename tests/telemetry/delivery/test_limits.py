"""Limits by category, and the breaker's pauses."""

from __future__ import annotations

import time

import pytest

from telemetry.delivery.exchange import Limit
from telemetry.delivery.limits import FIRST_PAUSE, LONGEST_PAUSE, OPEN_AFTER, Breaker, Limits

CATEGORIES = {"error": frozenset({"error"}), "span": frozenset({"span", "transaction"})}


def test_a_limit_holds_for_its_own_categories():
    limits = Limits(CATEGORIES)
    limits.heed([Limit(60, frozenset({"transaction"}))])
    assert limits.limited(time.monotonic()) == {"span"}
    assert limits.until("error") <= time.monotonic()


def test_a_limit_without_categories_holds_for_everything():
    limits = Limits(CATEGORIES)
    limits.heed([Limit(60)])
    assert limits.limited(time.monotonic()) == {"error", "span"}
    assert limits.until("client_report") > time.monotonic() + 59


def test_a_limit_for_categories_that_nobody_sends_changes_nothing():
    limits = Limits(CATEGORIES)
    limits.heed([Limit(60, frozenset({"replay", "attachment"}))])
    assert limits.limited(time.monotonic()) == frozenset()


@pytest.mark.parametrize("categories", [frozenset(), frozenset({"error"})])
def test_a_shorter_limit_never_ends_a_longer_one(categories):
    limits = Limits(CATEGORIES)
    limits.heed([Limit(60, categories), Limit(1, categories)])
    assert limits.until("error") > time.monotonic() + 59


def test_a_limit_ends_by_itself():
    limits = Limits(CATEGORIES)
    limits.heed([Limit(0.01)])
    time.sleep(0.02)
    assert limits.limited(time.monotonic()) == frozenset()


def test_a_collector_has_no_categories_of_its_own():
    limits = Limits({})
    limits.heed([Limit(60, frozenset({"span"}))])
    assert limits.until("span") <= time.monotonic()


def test_pauses_grow_up_to_a_bound_and_are_never_the_same():
    breaker = Breaker()
    pauses = []
    for _ in range(30):
        breaker.failed()
        pauses.append(breaker.until - time.monotonic())
    assert 0.69 * FIRST_PAUSE < pauses[0] <= FIRST_PAUSE
    assert all(0.69 * LONGEST_PAUSE < pause <= LONGEST_PAUSE for pause in pauses[8:])
    assert len({round(pause, 4) for pause in pauses[8:]}) > 5


def test_it_opens_after_some_failures_and_closes_with_a_success():
    breaker = Breaker()
    states = []
    for _ in range(OPEN_AFTER):
        states.append(breaker.state)
        breaker.failed()
    assert set(states) == {"closed"}
    assert breaker.state == "open"
    breaker.until = time.monotonic()
    assert breaker.state == "half-open"
    breaker.failed()
    assert breaker.state == "open"
    breaker.succeeded()
    assert breaker.state == "closed"
    assert breaker.until <= time.monotonic()
