"""What differs between the majors of sentry-sdk: 2 makes transactions, 3 only streams spans of its own.

Nothing else in this package asks for a version. OpenTelemetry owns traces and headers with either of them.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import sentry_sdk
from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.integrations import logging as sentry_logging
from sentry_sdk.utils import event_from_exception

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_sdk.integrations.logging import LoggingIntegration

MAJOR: Final = int(sentry_sdk.VERSION.partition(".")[0])
_OFF: Final = {"mode": "off"}
_NOTHING: Final = {
    "user_info": False,
    "cookies": _OFF,
    "http_headers": {"request": _OFF},
    "http_bodies": [],
    "url_query_params": _OFF,
    "graphql": {"document": False, "variables": False},
    "gen_ai": {"inputs": False, "outputs": False},
    "mcp": {"inputs": False, "outputs": False},
    "database_query_data": False,
    "queues": False,
    "stack_frame_variables": False,
    "frame_context_lines": 0,
}


def collecting_nothing(*, transactions: bool) -> dict[str, Any]:
    """Options of ``init`` by which the SDK collects nothing, traces nothing and writes no header.

    Args:
        transactions: whether its span processor is to build transactions from OpenTelemetry's sampled spans, of
            which the SDK then samples none out again. Without effect from 3 on, where there is none.

    """
    if MAJOR >= 3:
        # Options that it doesn't know make it refuse to start; what it collects by category is on by default.
        return {"traces_sample_rate": None, "data_collection": _NOTHING}
    return {
        "traces_sample_rate": 1.0 if transactions else None,
        "instrumenter": "otel" if transactions else None,
        "include_local_variables": False,
        "include_source_context": False,
        "propagate_traces": False,
    }


def known(options: dict[str, Any]) -> dict[str, Any]:
    """The options that the installed SDK knows: for another it wouldn't start, and each pre-release drops some."""
    return {name: value for name, value in options.items() if name in DEFAULT_OPTIONS}


def logging_integration() -> LoggingIntegration:
    """Lines of Python's logging as breadcrumbs and error events, never as logs: those have a way of their own."""
    if MAJOR >= 3:  # where ``level`` has become that of logs
        levels = {"level": None, "breadcrumb_level": logging.INFO}
    else:
        levels = {"level": logging.INFO, "sentry_logs_level": None}
    return sentry_logging.LoggingIntegration(event_level=logging.ERROR, **levels)


def ignore_logger(pattern: str) -> None:
    """Make neither breadcrumbs nor events of the lines of loggers whose name matches ``telemetry*`` or the like."""
    ignore = sentry_logging.ignore_logger
    if MAJOR >= 3:  # where that name is about logs
        ignore = sentry_logging.ignore_logger_for_events  # type: ignore[attr-defined]  # the lock file has 2.x
    ignore(pattern)


def event_of(error: BaseException, mechanism: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The event of an exception, and the hint that goes with it."""
    if MAJOR >= 3:  # which asks the running client itself
        return event_from_exception(error, mechanism=mechanism)
    return event_from_exception(error, client_options=sentry_sdk.get_client().options, mechanism=mechanism)


def transactions() -> ModuleType | None:
    """The package with the SDK's span processor and propagator; None from 3 on."""
    try:
        return import_module("sentry_sdk.integrations.opentelemetry")
    except ImportError:
        return None
