import threading
import time

import pytest

from continuum.cache.flight import SingleFlight


def many(count, action):
    results = []
    threads = [threading.Thread(target=lambda: results.append(action())) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, results


def test_of_many_who_ask_the_same_at_once_one_works():
    flight, begun, gate = SingleFlight(), [], threading.Event()
    together = threading.Barrier(9)

    def work():
        begun.append(1)
        gate.wait(5)
        return "tea"

    def ask():
        together.wait()
        return flight.share("question", work)

    threads, results = many(8, ask)
    together.wait()
    time.sleep(0.1)
    gate.set()
    for thread in threads:
        thread.join()
    assert results == ["tea"] * 8
    # Who came after the first had landed works again: nothing is kept.
    assert len(begun) < 8
    assert flight._flights == {}


def test_other_questions_do_not_wait():
    flight, gate = SingleFlight(), threading.Event()
    threads, results = many(1, lambda: flight.share("slow", lambda: gate.wait(5)))
    assert flight.share("other", lambda: "tea") == "tea"
    assert results == []
    gate.set()
    threads[0].join()


def test_whose_work_fails_fails_alone_and_the_others_work_for_themselves():
    flight, begun, gate = SingleFlight(), threading.Event(), threading.Event()

    def fail():
        begun.set()
        gate.wait(5)
        raise ValueError

    caught = []

    def first():
        with pytest.raises(ValueError):
            flight.share("question", fail)
        caught.append(1)

    leader = threading.Thread(target=first)
    leader.start()
    begun.wait(5)
    threads, results = many(3, lambda: flight.share("question", lambda: "tea"))
    gate.set()
    for thread in [leader, *threads]:
        thread.join()
    assert (caught, results) == ([1], ["tea"] * 3)


def test_nobody_waits_for_ever_for_another(monkeypatch):
    monkeypatch.setattr("continuum.cache.flight.WAIT_SECONDS", 0.01)
    flight, begun, gate = SingleFlight(), threading.Event(), threading.Event()

    def hang():
        begun.set()
        gate.wait(5)

    threads, _ = many(1, lambda: flight.share("question", hang))
    begun.wait(5)
    assert flight.share("question", lambda: "tea") == "tea"
    gate.set()
    threads[0].join()
