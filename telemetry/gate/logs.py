"""The gate for logs: a clean copy of each record, built from what was noted when it was emitted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from telemetry.gate.resource import resource_of
from telemetry.privacy import program

if TYPE_CHECKING:
    from telemetry.gate.noted import NotedLog
    from telemetry.gate.scrubbing import Scrubbing
    from telemetry.privacy.scrub import Scrubber
    from telemetry.trace_scope import TraceScope

TENANT: Final = "continuum.tenant.hash"
_SCHEMA = re.compile(r"https://opentelemetry\.io/schemas/\d{1,3}(?:\.\d{1,3}){2}")
_NUMBERED: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
SEVERITIES: Final = frozenset(
    {f"{word}{number}" for word in _NUMBERED for number in ("", 2, 3, 4)}
    | {"ALERT", "CRITICAL", "EMERGENCY", "EXCEPTION", "NOTICE", "NOTSET", "SUCCESS", "WARNING"}
)


def clean_log(record: NotedLog, scope: TraceScope | None, scrubbing: Scrubbing) -> ReadableLogRecord:
    """A copy of a log record that holds only what the policy lets through, with its tenant's pseudonym.

    Its resource is ours, whatever provider it came through.
    """
    module = program.module_at(record.path) if record.path is not None else None
    scrubber = scrubbing.of(scope, module or record.logger)
    sources = _sources(record)
    attributes = scrubber.attributes(_told(record, module))
    if scope is not None and scope.tenant is not None:
        attributes[TENANT] = scope.tenant
    clean = LogRecord(
        timestamp=_nanoseconds(record.timestamp),
        observed_timestamp=_nanoseconds(record.observed_timestamp),
        context=_context(record),
        severity_number=_number(record.severity_number),
        severity_text=_word(record.severity_text),
        body=_body(record, scrubber, sources),
        attributes=attributes,
        event_name=scrubber.name(record.event_name) if record.event_name else None,
    )
    scope_of_code = InstrumentationScope(
        scrubber.shaped("logger", record.logger) if record.logger else "",
        scrubber.shaped("version", record.version) if record.version else None,
        record.schema if _SCHEMA.fullmatch(record.schema or "") else None,
    )
    scrubbing.ledger.redacted(scrubber.rules)
    return ReadableLogRecord(clean, resource_of(scrubbing.identity()), scope_of_code)


def _sources(record: NotedLog) -> list[str]:
    """The file whose code may have said it: the one that logged it, or the module its logger is named after."""
    if record.path is not None and program.module_at(record.path) is not None:
        return [record.path]
    named_after = program.source_of(record.logger)
    return [named_after] if named_after is not None else []


def _told(record: NotedLog, module: str | None) -> dict[str, Any]:
    """The raw attributes, with those of its exception, and with its function as the program names it."""
    told = record.attributes if record.failure is None else record.failure.attributes() | record.attributes
    function = told.get("code.function.name")
    if module is not None and isinstance(function, str) and not function.startswith(f"{module}."):
        told = told | {"code.function.name": f"{module}.{function}"}
    return told


def _body(record: NotedLog, scrubber: Scrubber, sources: list[str]) -> Any:
    body = record.body
    if isinstance(body, dict):
        return scrubber.attributes(body)
    if not isinstance(body, str):
        # A key that no rule knows: each string stays or goes as that of an unlisted attribute does.
        return scrubber.value("", body)
    if record.arguments is not None:
        return scrubber.log(body, record.arguments, sources)
    failure = record.failure
    if failure is not None and failure.message == body:
        files = scrubber.sources_of(failure.attributes().get("exception.stacktrace"))
        return scrubber.message(body, failure.name, files or sources)
    return scrubber.message(body, None, sources)


def _number(number: Any) -> SeverityNumber | None:
    if type(number) is SeverityNumber:
        return number
    return SeverityNumber(number) if type(number) is int and 0 < number <= 24 else None


def _word(text: str | None) -> str | None:
    """A severity's name when it is one that is known; the number says the same."""
    word = (text or "").upper()
    return word if word in SEVERITIES else None


def _nanoseconds(stamp: Any) -> int | None:
    return stamp if type(stamp) is int and 0 <= stamp < 2**63 else None


def _context(record: NotedLog) -> Context:
    """Ids and flags, and nothing else of the context: live spans and baggage are not for whoever gets the copy."""
    clean = SpanContext(
        record.trace_id if 0 <= record.trace_id < 2**128 else 0,
        record.span_id if 0 <= record.span_id < 2**64 else 0,
        is_remote=False,
        trace_flags=TraceFlags(record.trace_flags & 0xFF),
    )
    return set_span_in_context(NonRecordingSpan(clean), Context())
