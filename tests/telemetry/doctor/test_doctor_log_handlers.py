from __future__ import annotations

import logging
import logging.handlers

import pytest
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler

from telemetry.doctor import log_handlers


class _Shipping(logging.Handler):
    """Of a package that nobody here knows."""


@pytest.fixture
def attach():
    attached = []

    def add(handler, name="shop.orders"):
        logging.getLogger(name).addHandler(handler)
        attached.append((name, handler))

    yield add
    for name, handler in attached:
        logging.getLogger(name).removeHandler(handler)
        handler.close()


@pytest.mark.filterwarnings("ignore:`LoggingHandler` in:DeprecationWarning")
@pytest.mark.parametrize(
    ("make", "state"),
    [
        (lambda: logging.handlers.HTTPHandler("127.0.0.1:9", "/"), "problem"),
        (lambda: logging.handlers.SysLogHandler(("127.0.0.1", 9)), "problem"),
        (lambda: logging.handlers.SMTPHandler("127.0.0.1", "a@example.org", [], ""), "problem"),
        (lambda: logging.handlers.DatagramHandler("127.0.0.1", 9), "problem"),
        (lambda: LoggingHandler(logger_provider=LoggerProvider(shutdown_on_exit=False)), "problem"),
        (_Shipping, "note"),
        (logging.StreamHandler, None),
        (logging.NullHandler, None),
    ],
)
def test_a_handler_is_judged_by_where_its_lines_go(subject, by_id, attach, make, state):
    handler = make()
    attach(handler)
    found = by_id(log_handlers.examine(subject())).get(f"log-handler.shop.orders.{type(handler).__name__}")
    assert (found and found.state) == state


def test_a_handler_behind_another_is_found_once(subject, attach):
    behind = logging.handlers.HTTPHandler("127.0.0.1:9", "/")
    attach(logging.handlers.MemoryHandler(10, target=behind))
    attach(behind)
    found = [finding for finding in log_handlers.examine(subject()) if "HTTPHandler" in finding.id]
    assert len(found) == 1
