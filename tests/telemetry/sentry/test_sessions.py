"""Sessions: every request once, by how it ended, in Sentry's form, and nothing of who made it."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import Counter
from contextlib import suppress

import pytest
from delivering import ends, until
from starlette.requests import ClientDisconnect

from telemetry.boundary import TelemetryBoundary
from telemetry.configuration.settings import Settings
from telemetry.pipeline import build
from telemetry.sentry import sessions as sessions_module
from telemetry.sentry.sessions import SIGNAL, note_error
from telemetry.testing.sink import Answer, Sink

RELEASE = "shop@1.2.3"


class Serving:
    """An application of one route behind the boundary, and the sink that its sessions go to."""

    def __init__(self, sink, **more):
        self.sink = sink
        variables = {"SENTRY_DSN": sink.dsn(), "SENTRY_RELEASE": RELEASE, "CONTINUUM_ENV": "staging", **more}
        self.pipeline = build(Settings.from_environ({**variables, "CONTINUUM_TELEMETRY_SPOOL": "false"}))
        self._boundary = TelemetryBoundary(self._app, self.pipeline)

    async def _app(self, scope, _receive, _send):
        match scope["path"]:
            case "/broken":
                raise LookupError("broken")
            case "/mended":
                self.pipeline.errors.capture(LookupError("mended"), handled=True)
            case "/logged":  # as sentry_sdk does with what an application or its logging gives it
                error = LookupError("logged")
                self.pipeline.errors._once({}, {"exc_info": (type(error), error, None)})
            case "/mended/and/broken":
                self.pipeline.errors.capture(error := LookupError("twice"), handled=True)
                raise error
            case "/gone":
                raise ClientDisconnect
            case "/cancelled":
                raise asyncio.CancelledError

    def ask(self, path, kind="http"):
        scope = {"type": kind, "path": path, "method": "GET", "headers": [], "query_string": b""}
        with suppress(LookupError, ClientDisconnect, asyncio.CancelledError):
            asyncio.run(self._boundary(scope, None, None))

    def told(self):
        """The payloads of all envelopes of sessions, after a flush."""
        self.pipeline.flush(5)
        return [item.payload for item in self.sink.items() if item.headers["type"] == "sessions"]

    def counts(self):
        return sum(
            (
                Counter({end: number for end, number in minute.items() if end != "started"})
                for told in self.told()
                for minute in told["aggregates"]
            ),
            Counter(),
        )


@pytest.fixture
def serve():
    started = []
    with Sink() as sink:

        def serve(**more):
            started.append(Serving(sink, **more))
            return started[-1]

        yield serve
        for one in started:
            one.pipeline.shutdown(2)


def test_each_request_is_counted_once_by_the_worst_that_happened_in_it(serve):
    service = serve()
    for path in ("/", "/", "/broken", "/mended", "/logged", "/mended/and/broken", "/gone", "/cancelled"):
        service.ask(path)
    assert service.counts() == {"exited": 4, "errored": 2, "crashed": 2}
    assert ends(service.pipeline.ledger, SIGNAL) == {"delivered": 8}


def test_what_is_told_is_the_documented_form_with_the_release_and_nothing_else(serve):
    service = serve()
    service.ask("/said/by/roswitha")
    (told,) = service.told()
    assert told["attrs"] == {"release": RELEASE, "environment": "staging"}
    (minute,) = told["aggregates"]
    assert minute.keys() == {"started", "exited"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z", minute["started"])
    assert told.keys() == {"attrs", "aggregates"}


def test_crashes_of_a_flood_are_counted_though_their_events_are_not_built(serve):
    service = serve()
    for _ in range(80):
        service.ask("/broken")
    assert service.counts() == {"crashed": 80}


def test_a_websocket_is_no_request(serve):
    service = serve()
    service.ask("/", "websocket")
    assert service.told() == []


def test_nothing_is_told_where_nobody_wants_it(serve):
    service = serve(SENTRY_AUTO_SESSION_TRACKING="false")
    service.ask("/")
    service.ask("/broken")
    assert service.told() == []


def test_without_a_release_there_is_no_health_to_tell(serve):
    service = serve(SENTRY_RELEASE="")
    assert service.pipeline.identity.release is None
    service.ask("/")
    assert service.told() == []


def test_between_two_envelopes_there_is_time(serve, monkeypatch):
    service = serve()
    sessions = service.pipeline.sessions
    service.ask("/")
    sessions.sweep(10.0)
    assert SIGNAL not in service.pipeline.ledger.snapshot()["accepted"]
    monkeypatch.setattr(sessions_module, "EVERY", 0.0)
    sessions.sweep(10.0)
    assert service.pipeline.ledger.snapshot()["accepted"][SIGNAL] == 1


def test_sentry_s_limit_for_sessions_is_heeded_and_what_it_costs_is_counted(serve):
    service = serve()
    service.sink.script("/envelope/", Answer(200, {"X-Sentry-Rate-Limits": "999999:session:organization"}))
    service.ask("/")
    service.told()
    for _ in range(3):
        service.ask("/")
    assert service.counts() == {"exited": 1}
    assert ends(service.pipeline.ledger, SIGNAL) == {"delivered": 1, "rate_limited": 3}
    (report,) = [item.payload for item in service.sink.items() if item.headers["type"] == "client_report"]
    assert report["discarded_events"] == [
        {"category": "session", "reason": "ratelimit_backoff", "quantity": 3}
    ]


def test_a_request_of_a_past_minute_is_told_under_that_minute(serve, monkeypatch):
    service = serve()
    long_ago = time.time() - 600
    with monkeypatch.context() as patched:
        patched.setattr(sessions_module.time, "time", lambda: long_ago)
        service.ask("/broken")
    service.ask("/")
    (told,) = service.told()
    earlier, later = told["aggregates"]
    assert (earlier.get("crashed"), later.get("exited")) == (1, 1)
    assert earlier["started"] < later["started"]


def test_the_child_of_a_fork_tells_its_own_requests_only(serve):
    service = serve()
    service.ask("/")
    service.pipeline.after_fork()
    service.ask("/broken")
    assert service.counts() == {"crashed": 1}


def test_threads_that_count_while_others_sweep_lose_nothing(serve):
    service = serve()
    sessions = service.pipeline.sessions

    def work():
        for _ in range(200):
            with sessions.request():
                note_error(handled=True)
            sessions.sweep(0.0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    until(lambda: service.counts() == {"errored": 800})
