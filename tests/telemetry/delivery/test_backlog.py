"""The queue of parcels in memory."""

from __future__ import annotations

import time

from delivering import parcel

from telemetry.delivery.backlog import Backlog

ANY = bool


def test_first_come_first_served():
    backlog = Backlog(10_000, 60)
    parcels = [parcel(f"error:{number}") for number in range(5)]
    assert all(map(backlog.put, parcels))
    assert [backlog.take(ANY) for _ in range(5)] == parcels
    assert backlog.take(ANY) is None


def test_what_is_not_wanted_is_passed_over_and_stays():
    backlog = Backlog(10_000, 60)
    error, span = parcel("error:1"), parcel("span:1", signal="span")
    backlog.put(error)
    backlog.put(span)
    assert backlog.take(lambda signal: signal == "span") is span
    assert backlog.signals == {"error"}
    assert len(backlog) == 1


def test_it_is_bounded_in_bytes_and_has_room_again_when_something_was_taken():
    one = parcel("error:1")
    backlog = Backlog(2 * len(one.packed), 60)
    assert backlog.put(one)
    assert backlog.put(parcel("error:2"))
    assert not backlog.put(parcel("error:3"))
    backlog.take(ANY)
    assert backlog.put(parcel("error:4"))


def test_taking_all_makes_room_for_all():
    one = parcel("error:1")
    backlog = Backlog(len(one.packed), 60)
    for _ in range(3):
        assert backlog.put(one)
        assert backlog.take_all() == [one]
    assert len(backlog) == 0


def test_what_is_put_back_comes_first_and_counts():
    one, two, three = (parcel(f"error:{number}") for number in range(3))
    backlog = Backlog(3 * len(one.packed), 60)
    backlog.put(three)
    backlog.put_first([one, two])
    assert not backlog.put(parcel("error:4"))
    assert backlog.take_all() == [one, two, three]


def test_what_waited_for_too_long_is_taken_out():
    backlog = Backlog(10_000, 60)
    old, new = parcel("error:1", created=time.time() - 61), parcel("error:2")
    backlog.put(old)
    backlog.put(new)
    assert backlog.take_expired() == [old]
    assert backlog.take_expired() == []
    assert backlog.take_all() == [new]
