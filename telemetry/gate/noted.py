"""A log record as it is noted when it is emitted: everything that needs live objects, and nothing worked out yet.

Noting happens on the application's thread and calls nothing of the application; see snapshot and failures.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass, field
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace

from telemetry.gate.failures import Failure, failure_of
from telemetry.gate.snapshot import Snapshot

if TYPE_CHECKING:
    from opentelemetry._logs import LogRecord
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

_OF_EVERY_RECORD: Final = frozenset(logging.LogRecord("", 0, "", 0, "", None, None).__dict__) | {
    "asctime",
    "message",
    "taskName",
}
_SEVERITIES: Final = {"WARNING": "WARN", "CRITICAL": "FATAL"}
_BETWEEN: Final = frozenset({"opentelemetry", "logging"})
_HERE: Final = "telemetry.gate."
_FARTHEST: Final = 16


@dataclass(slots=True)
class NotedLog:
    """A log record in a queue: raw, bounded, and of plain types only."""

    logger: str
    """The logger's or the instrumentation scope's name."""
    version: str | None = None
    schema: str | None = None
    body: Any = None
    arguments: Any = None
    """What logging would put into the body: a list or a dictionary; None when the body is no template."""
    path: str | None = None
    """The file that logged it."""
    attributes: dict[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    severity_number: Any = None
    severity_text: str | None = None
    event_name: str | None = None
    timestamp: Any = None
    observed_timestamp: Any = None
    trace_id: int = 0
    span_id: int = 0
    trace_flags: int = 0
    weight: int = 0
    """About how many bytes it keeps in memory."""


def note_line(record: logging.LogRecord) -> NotedLog:
    """Note a record of Python's logging: its template and arguments apart, as the code has them."""
    snapshot = Snapshot()
    message, arguments, failure = record.msg, record.args, None
    if issubclass(type(message), str):
        body = snapshot.text(message)
        copied = snapshot.value(() if arguments is None else arguments)
        given: Any = copied if type(copied) in (list, dict) else [...]
    else:  # an exception, a dictionary: whatever somebody handed to logging as a message
        failure = failure_of(message)
        body = snapshot.value(message) if failure is None else snapshot.value(failure.message)
        given = None
    raised = record.exc_info
    if type(raised) is tuple and len(raised) == 3:
        failure = failure_of(raised[1]) or failure
    space = record.__dict__
    attributes = snapshot.mapping({key: space[key] for key in space if key not in _OF_EVERY_RECORD})
    path = _text(record.pathname, snapshot)
    place = {"code.file.path": path, "code.function.name": record.funcName, "code.line.number": record.lineno}
    attributes |= {key: snapshot.value(value) for key, value in place.items() if value is not None}
    context = trace.get_current_span().get_span_context()
    level = record.levelname
    return NotedLog(
        logger=_text(record.name, snapshot) or "",
        body=body,
        arguments=given,
        path=path,
        attributes=attributes,
        failure=failure,
        severity_number=severity_of(record.levelno),
        severity_text=_SEVERITIES.get(level, level) if type(level) is str else None,
        timestamp=int(record.created * 1e9),
        observed_timestamp=time_ns(),
        trace_id=context.trace_id,
        span_id=context.span_id,
        trace_flags=context.trace_flags,
        weight=snapshot.weight + (0 if failure is None else failure.weight),
    )


def note_record(record: LogRecord, scope: InstrumentationScope) -> NotedLog:
    """Note a record of the OpenTelemetry API. Its context stays behind: live spans and baggage are in it."""
    snapshot = Snapshot()
    attributes = snapshot.mapping(record.attributes)
    failure = failure_of(record.exception)
    path = attributes.get("code.file.path")  # upstream's handlers say where a line was logged
    return NotedLog(
        logger=_text(scope.name, snapshot) or "",
        version=_text(scope.version, snapshot),
        schema=_text(scope.schema_url, snapshot),
        body=snapshot.value(record.body),
        path=path if type(path) is str else _caller(),
        attributes=attributes,
        failure=failure,
        severity_number=record.severity_number,
        severity_text=_text(record.severity_text, snapshot),
        event_name=_text(record.event_name, snapshot),
        timestamp=record.timestamp,
        observed_timestamp=record.observed_timestamp,
        trace_id=_whole(record.trace_id),
        span_id=_whole(record.span_id),
        trace_flags=_whole(record.trace_flags),
        weight=snapshot.weight + (0 if failure is None else failure.weight),
    )


def severity_of(level: int) -> int:
    """OpenTelemetry's number (1 to 24) for a level of logging; 0 below ``DEBUG``."""
    if level < 10:
        return 0
    return min(level // 10 * 4 + 1 + min(level % 10, 3), 24)


def _text(value: Any, snapshot: Snapshot) -> str | None:
    text = snapshot.value(value)
    return text if type(text) is str else None


def _whole(value: Any) -> int:
    return int.__pos__(value) if issubclass(type(value), int) else 0


def _caller() -> str | None:
    """The file of the code that emits a record, past OpenTelemetry and logging."""
    frame = sys._getframe(1)  # noqa: SLF001  # the documented way is `inspect`, which reads files
    for _ in range(_FARTHEST):
        module = dict.get(frame.f_globals, "__name__")
        if type(module) is not str or not (module.startswith(_HERE) or module.partition(".")[0] in _BETWEEN):
            return frame.f_code.co_filename
        if frame.f_back is None:
            break
        frame = frame.f_back
    return None
