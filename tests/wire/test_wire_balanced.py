"""In the profile `balanced` nothing leaves that came in with the request, though text under unknown keys may."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from telemetry.testing import leaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from programs import Server

    from telemetry.testing.sink import Sink

BROUGHT = {
    "body": "Kunigunde confessed that she never watered the begonias",
    "query": "Leopoldine and the stolen accordion",
    "path": "Waldburga-parlour-7",
    "credential": "tkzqvxwpjhgrnmdlsbfc",
    "tenant": "haberdashers-of-ulm",
    "cookie": "xqzvjkwpthgmbdnl",
}


@pytest.fixture
def answered(start: Callable[..., Server], sink: Sink) -> Sink:
    server = start(
        "brought:app",
        settings={
            "SENTRY_DSN": sink.dsn(),
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "CONTINUUM_TELEMETRY_PRIVACY": "balanced",
        },
        options=("--no-access-log",),
    )
    reply = server.call(
        f"/rooms/{BROUGHT['path']}?{urlencode({'q': BROUGHT['query']})}",
        method="POST",
        headers={
            "Authorization": f"Bearer {BROUGHT['credential']}",
            "Cookie": f"session={BROUGHT['cookie']}",
            "X-Tenant-Id": BROUGHT["tenant"],
            "Content-Type": "application/json",
        },
        body=json.dumps({"note": BROUGHT["body"]}),
    )
    assert reply.status == 500
    server.end()
    return sink


def test_nothing_that_the_request_brought_in_leaves_and_the_program_s_own_words_do(answered: Sink) -> None:
    for place, text in BROUGHT.items():
        assert not leaks.seen(text, answered.requests), place
    errors = [event for event in answered.errors() if event.get("exception")]
    (error,) = errors
    assert error["exception"]["values"][-1]["type"] == "IntegrityError"
    assert "UNIQUE constraint failed: notes.body" in error["exception"]["values"][-1]["value"]
    logged = [event["logentry"]["formatted"] for event in answered.errors() if "logentry" in event]
    assert any(line.startswith("gave up on ") for line in logged)
    assert "INSERT notes" in {span.name for span in answered.spans()}
