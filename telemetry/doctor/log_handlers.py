"""Finds handlers of Python's logging that ship lines past the gate, as the application wrote them."""

from __future__ import annotations

import logging
import logging.handlers
from typing import TYPE_CHECKING, Final

from telemetry.doctor.finding import note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.doctor.finding import Finding
    from telemetry.doctor.subject import Subject
    from telemetry.pipeline import Pipeline

_SHIPPING: Final = (
    logging.handlers.SocketHandler,
    logging.handlers.SysLogHandler,
    logging.handlers.HTTPHandler,
    logging.handlers.SMTPHandler,
)
_HERE: Final = (
    logging.StreamHandler,
    logging.NullHandler,
    logging.handlers.BufferingHandler,
    logging.handlers.QueueHandler,
)
"""What writes to files and streams, or hands on to a handler that is looked at itself."""
_KNOWN: Final = ("telemetry.", "sentry_sdk.", "logging")
_SHIP: Final = "Send lines through OTEL_LOGS_EXPORTER=otlp, or see to it that nobody's words stand in them."


def examine(subject: Subject) -> Iterator[Finding]:
    """Every handler of every logger in this process, which has the application's only when it was imported."""
    found = list(_of_loggers(subject.pipeline))
    yield from found
    if found:
        return
    if subject.application is None:
        yield ok(
            "log-handlers",
            "No log handler of this process ships lines; --app MODULE:APP looks at the application's.",
        )
    else:
        yield ok("log-handlers", "No log handler ships lines past the gate.")


def _of_loggers(pipeline: Pipeline | None) -> Iterator[Finding]:
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    seen: set[int] = set()
    for logger in loggers:
        if isinstance(logger, logging.Logger):
            for handler in logger.handlers:
                for each in (handler, getattr(handler, "target", None)):
                    if isinstance(each, logging.Handler) and id(each) not in seen:
                        seen.add(id(each))
                        yield from _of(each, logger.name, pipeline)


def _of(handler: logging.Handler, logger: str, pipeline: Pipeline | None) -> Iterator[Finding]:
    kind = type(handler)
    name = f"{kind.__module__}.{kind.__qualname__} on the logger {logger}"
    finding = f"log-handler.{logger}.{kind.__name__}"
    if isinstance(handler, logging.handlers.SysLogHandler) and isinstance(handler.address, str):
        yield note(
            finding,
            f"{name} gives lines, not scrubbed, to the system's log.",
            "See where the system sends its log.",
        )
    elif isinstance(handler, _SHIPPING):
        yield problem(finding, f"{name} ships lines that are not scrubbed.", _SHIP)
    elif kind.__module__.startswith("opentelemetry."):
        yield from _of_opentelemetry(handler, finding, name, pipeline)
    elif not isinstance(handler, _HERE) and not kind.__module__.startswith(_KNOWN):
        yield note(finding, f"{name} is not known here; what it ships is not scrubbed.", _SHIP)


def _of_opentelemetry(
    handler: logging.Handler, finding: str, name: str, pipeline: Pipeline | None
) -> Iterator[Finding]:
    if pipeline is None:
        yield problem(finding, f"{name} ships lines, and telemetry with its gate is off.", _SHIP)
        return
    provider = getattr(handler, "_logger_provider", None)
    if provider is None or provider is not pipeline.logs:
        yield problem(
            finding,
            f"{name} has a provider that isn't ours: its records pass the gate, but go where that one says.",
            "Remove it, and set OTEL_LOGS_EXPORTER=otlp.",
        )
