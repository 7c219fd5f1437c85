"""What a backend answers is understood: wait, try again, send less at once, or let it be."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest
from programs import APPS, Program

from telemetry.testing.sink import Answer, Sink

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from programs import Server

SETTINGS = {"SENTRY_TRACES_SAMPLE_RATE": "1"}


@pytest.mark.parametrize(
    "first",
    [
        Answer(429, {"Retry-After": "1"}),
        Answer(500),
        Answer(reset=True),
    ],
    ids=["429", "500", "reset"],
)
def test_everything_is_delivered_in_the_end(start: Callable[..., Server], sink: Sink, first: Answer) -> None:
    sink.script("/envelope/", first)
    sink.script("/traces/", first)
    server = start(settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
    sent = [server.trace("/broken/1") for _ in range(3)]
    sink.wait_for(lambda sink: len(sink.errors()) >= 3 and len(sink.servers()) >= 3, 20)
    assert sorted(span.trace_id for span in sink.servers()) == sorted(sent)
    assert sorted(event["contexts"]["trace"]["trace_id"] for event in sink.errors()) == sorted(sent)


def test_a_rate_limit_is_waited_for(start: Callable[..., Server], sink: Sink) -> None:
    sink.script("/traces/", Answer(429, {"Retry-After": "2"}))
    server = start(settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
    server.trace("/healthz")
    sink.wait_for(lambda sink: sink.servers(), 15)
    first, second, *_ = [request.at for request in sink.requests if "/traces/" in request.path]
    assert second - first >= 1.9


def test_a_limit_on_errors_is_waited_for(start: Callable[..., Server], sink: Sink) -> None:
    """Sentry limits each category on its own, in a header of answers that are 200."""
    sink.script("/envelope/", Answer(200, {"X-Sentry-Rate-Limits": "60:error:organization"}))
    server = start(settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
    server.call("/broken/1")
    assert sink.wait_for(lambda sink: sink.errors())
    time.sleep(0.3)
    for _ in range(3):
        server.trace("/broken/1")
    sink.wait_for(lambda sink: len(sink.servers()) >= 4)
    time.sleep(0.5)
    assert len([request for request in sink.requests if "/envelope/" in request.path]) == 1
    assert len(sink.servers()) == 4


@pytest.mark.parametrize("largest", [30_000, 6_000])
def test_a_batch_that_is_too_large_is_split_and_delivered(tmp_path: Path, sink: Sink, largest: int) -> None:
    sink.always("/traces/", Answer(largest=largest))
    settings = SETTINGS | {"SENTRY_DSN": sink.dsn(), "SCRIPT_TIMES": "150"}
    with Program([sys.executable, str(APPS / "script.py"), ""], home=tmp_path, settings=settings) as program:
        assert program.wait() == 0
    work = [span for span in sink.spans() if span.name == "script.work"]
    assert len(work) == len({span.span_id for span in work}) == 150


def test_what_is_refused_is_dropped_with_one_line(start: Callable[..., Server], sink: Sink) -> None:
    sink.always("/traces/", Answer(400))
    server = start(settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
    for _ in range(2):
        server.trace("/broken/1")
        time.sleep(1.5)
    assert sink.wait_for(lambda sink: len(sink.errors()) == 2)
    posted = [request.body for request in sink.requests if "/traces/" in request.path]
    assert len(posted) == len(set(posted)) == 2
    refused = [line for line in server.log.splitlines() if "refused" in line]
    assert len(refused) == 1
    assert "400" in refused[0]
    assert "abc123" not in server.log


def test_a_redirect_is_not_followed(start: Callable[..., Server], sink: Sink) -> None:
    with Sink() as elsewhere:
        sink.always("/", Answer(307, {"Location": f"{elsewhere.url}/api/7/envelope/"}))
        server = start(settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
        server.call("/broken/1")
        assert sink.wait_for(lambda sink: len(sink.requests) >= 2)
        assert server.end() is not None
        assert not elsewhere.requests
