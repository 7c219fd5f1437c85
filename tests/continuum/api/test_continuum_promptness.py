"""What is short is done on the event loop, what isn't, or may not be, in a thread; by tenant."""

import asyncio
import threading
import time

import pytest

from continuum.api.promptness import Promptness
from continuum.core.tenancy import Tenant

ACME, OTHER = Tenant(1, "acme"), Tenant(2, "other")


def spend(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def on_the_loop(*pieces):
    """Which of some pieces of work (tenant, seconds of CPU, whether it may be long) were done on the loop."""

    async def run_all():
        promptness, here = Promptness(), threading.get_ident()

        def work(seconds):
            spend(seconds)
            return threading.get_ident() == here

        return [
            await promptness.run(tenant, lambda seconds=seconds: work(seconds), may_be_long=may_be_long)
            for tenant, seconds, may_be_long in pieces
        ]

    return asyncio.run(run_all())


LONG, SHORT = (ACME, 0.008, False), (ACME, 0, False)


def test_the_first_is_done_in_a_thread_and_short_ones_after_it_on_the_loop():
    assert on_the_loop(SHORT, SHORT, SHORT) == [False, True, True]
    assert on_the_loop(LONG, SHORT) == [False, False]


def test_a_long_one_is_made_up_for_by_a_hundred_short_ones_in_a_row():
    assert on_the_loop(SHORT, LONG, *[SHORT] * 102) == [False, True, *[False] * 100, True, True]
    assert not any(on_the_loop(SHORT, LONG, *[SHORT] * 99, LONG, SHORT, SHORT)[2:])


def test_tenants_are_told_apart():
    theirs = (OTHER, 0.008, False)
    assert on_the_loop(SHORT, theirs, SHORT, theirs) == [False, False, True, False]


def test_what_may_be_long_is_done_in_a_thread_whatever_came_before():
    assert on_the_loop((ACME, 0, False), (ACME, 0, True), (ACME, 0, False)) == [False, False, True]


def test_an_error_is_the_callers_wherever_it_happens():
    async def fail_twice():
        promptness = Promptness()
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await promptness.run(ACME, lambda: 1 / 0, may_be_long=False)

    asyncio.run(fail_twice())


def test_recall_waits_on_a_thread_for_everything_but_usual_questions_to_a_file(client, headers, monkeypatch):
    asked = []
    run = Promptness.run

    def noted(self, tenant, work, *, may_be_long):
        asked.append(may_be_long)
        return run(self, tenant, work, may_be_long=may_be_long)

    monkeypatch.setattr(Promptness, "run", noted)
    client.post("/v1/memories", json={"text": "green tea"}, headers=headers)
    usual = {"message": "tea?"}
    for body in (
        usual,
        usual,
        {"message": "tea " * 100},
        usual | {"role": "note"},
        usual | {"max_concepts": 50},
    ):
        answer = client.post("/v1/recall", json=body, headers=headers)
        assert [memory["text"] for memory in answer.json()["memories"]] == ["green tea"]
    assert asked == [False, False, True, True, True]
