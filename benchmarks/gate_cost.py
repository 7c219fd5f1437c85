"""What the gates cost: CPU microseconds for a clean span and for a large error event, beside Sentry's scrubber.

And what a span of ten attributes costs the thread that makes it, beside the SDK's own.
"""

from __future__ import annotations

import argparse
import copy
import inspect
import json
import logging
import statistics
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import opentelemetry.instrumentation.fastapi  # noqa: F401  # a span of it names it, and it is loaded then
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from sentry_sdk.scrubber import EventScrubber

from telemetry.configuration.settings import Settings
from telemetry.gate.events import clean_event
from telemetry.gate.provider import GatedTracerProvider
from telemetry.gate.scrubbing import Scrubbing
from telemetry.gate.spans import clean_span
from telemetry.identity import Identity
from telemetry.ledger import Ledger
from telemetry.privacy.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

BUDGETS = {"clean_span": 5.0, "clean_event": 400.0}

ATTRIBUTES = {
    "http.request.method": "POST",
    "http.route": "/v1/recall",
    "http.response.status_code": 200,
    "url.scheme": "https",
    "server.address": "localhost",
    "server.port": 8420,
    "network.protocol.version": "1.1",
    "http.request.body.size": 312,
    "http.response.body.size": 2048,
    "error.type": "500",
}


def span() -> ReadableSpan:
    context = SpanContext(0x1234, 0x5678, is_remote=False, trace_flags=TraceFlags(1))
    return ReadableSpan(
        name="POST /v1/recall",
        context=context,
        parent=context,
        resource=Resource.get_empty(),
        attributes=ATTRIBUTES,
        kind=SpanKind.SERVER,
        instrumentation_scope=InstrumentationScope("opentelemetry.instrumentation.fastapi", "0.66b1"),
        start_time=1,
        end_time=2,
    )


def event(frames: int = 30, crumbs: int = 50) -> dict:
    """An error through real files, with breadcrumbs of queries and calls."""
    places = [
        json.loads,
        json.dumps,
        logging.getLogger,
        statistics.median,
        argparse.ArgumentParser.parse_args,
    ]
    stack = []
    for number in range(frames):
        function = places[number % len(places)]
        stack.append(
            {
                "abs_path": inspect.getsourcefile(function),
                "filename": "somewhere.py",
                "function": function.__name__,
                "module": function.__module__,
                "lineno": 10 + number,
                "in_app": False,
                "vars": {"s": "str len=532", "default": "None", "obj": "dict keys=4"},
            }
        )
    return {
        "event_id": "0123456789abcdef" * 2,
        "timestamp": "2026-11-23T21:15:30.000000Z",
        "level": "error",
        "logger": "uvicorn.error",
        "transaction": "POST /v1/recall",
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "module": "builtins",
                    "value": "",
                    "mechanism": {"type": "generic", "handled": False},
                    "stacktrace": {"frames": stack},
                }
            ]
        },
        "breadcrumbs": {
            "values": [
                {
                    "type": "default",
                    "category": "query",
                    "level": "info",
                    "timestamp": "2026-11-23T21:15:29.000000Z",
                    "data": {
                        "db.system": "sqlite",
                        "db.query.text": "SELECT * FROM user WHERE id = ?",
                        "http.response.status_code": number,
                    },
                }
                for number in range(crumbs)
            ]
        },
        "contexts": {"trace": {"trace_id": "ab" * 16, "span_id": "cd" * 8, "op": "http.server"}},
    }


def making(provider: TracerProvider) -> Callable[[], object]:
    """Start a span below a recorded one, say ten things and end it."""
    tracer = provider.get_tracer("benchmark")
    above = trace.set_span_in_context(tracer.start_span("above"))

    def make() -> None:
        made = tracer.start_span("POST /v1/recall", above)
        for key, value in ATTRIBUTES.items():
            made.set_attribute(key, value)
        made.end()

    return make


def microseconds(run: Callable[[], object], rounds: int, times: int) -> list[float]:
    """CPU time of one call, for each round."""
    for _ in range(max(20, times // 5)):
        run()
    found = []
    for _ in range(rounds):
        started = time.process_time_ns()
        for _ in range(times):
            run()
        found.append((time.process_time_ns() - started) / times / 1000)
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    vocabulary = Vocabulary("strict")
    vocabulary.learn_routes(["/v1/recall"])
    identity = Identity.of(Settings.from_environ({}))
    scrubbing = Scrubbing(vocabulary, lambda: identity, Ledger())
    some_span, some_event = span(), event()
    scope = SimpleNamespace(tenant="ab12-" + "0f" * 16, content=None)
    sentry = EventScrubber(recursive=True)

    def copied_and_scrubbed() -> None:
        # Sentry's scrubber edits in place: the copy belongs to its price, and is shown by itself.
        sentry.scrub_event(copy.deepcopy(some_event))

    runs = {
        "clean_span": (lambda: clean_span(some_span, scope, scrubbing), 2000),
        "clean_event": (lambda: clean_event(some_event, scope, scrubbing.of(scope), identity), 100),
        "EventScrubber": (copied_and_scrubbed, 50),
        "(its copy)": (lambda: copy.deepcopy(some_event), 50),
        "making a span": (making(GatedTracerProvider(ALWAYS_ON, Resource.get_empty(), scrubbing)), 2000),
        "(the SDK's)": (
            making(TracerProvider(ALWAYS_ON, Resource.get_empty(), shutdown_on_exit=False)),
            2000,
        ),
    }
    print(
        f"{options.rounds} rounds, CPU microseconds a call\n{'':<14} {'median':>8} {'spread':>16} {'budget':>7}"
    )
    for name, (run, times) in runs.items():
        found = microseconds(run, options.rounds, times)
        spread = f"{found[0]:.1f} - {found[-1]:.1f}"
        budget = f"{BUDGETS[name]:.0f}" if name in BUDGETS else ""
        print(f"{name:<14} {statistics.median(found):>8.1f} {spread:>16} {budget:>7}")


if __name__ == "__main__":
    sys.exit(main())
