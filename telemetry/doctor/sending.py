"""Sends one test error, the trace that it is in and one log line, and sees what each backend answers."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

import telemetry
from telemetry.doctor import answers
from telemetry.doctor.answers import Sent
from telemetry.doctor.finding import note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.delivery.courier import Courier
    from telemetry.doctor.finding import Finding
    from telemetry.doctor.subject import Subject
    from telemetry.pipeline import Pipeline

_ERROR = Sent("sent.error", "the test error", "error")
_TRANSACTION = Sent("sent.trace", "the test transaction", "transaction")
_BY_OTLP = {
    "OTLP traces": Sent("sent.trace", "the test trace", "span"),
    "OTLP logs": Sent("sent.log", "the test log line", "log"),
    "OTLP metrics": Sent("sent.metrics", "the metrics of telemetry itself", "metric"),
}
"""By courier: what it is given."""


_NOT_SAMPLED = note(
    "sent.trace",
    "The sampler left the test trace out, because telemetry ran already when the doctor came.",
    "Run the doctor without a launcher: then its own trace is sampled.",
)


class DoctorTestError(Exception):
    """An error that was asked for, to see it arrive."""


def examine(subject: Subject, seconds: float) -> Iterator[Finding]:
    """What each backend answered, and whether error and trace are linked. Waits up to some seconds."""
    pipeline = subject.pipeline
    if pipeline is None:
        return
    before = pipeline.ledger.snapshot()
    traces: list[str | None] = []
    event_id, trace_id, is_sampled = _send(pipeline, traces)
    pipeline.flush(seconds)
    after = pipeline.ledger.snapshot()
    found = []
    for sent, courier in _given(pipeline):
        if sent.id == "sent.trace" and not is_sampled:
            found.append(_NOT_SAMPLED)
            continue
        ends = Counter(_ends(after, sent.signal)) - Counter(_ends(before, sent.signal))
        accepted = _accepted(after, sent.signal) - _accepted(before, sent.signal)
        found.append(answers.examine(sent, courier.status(), ends, accepted, seconds))
    yield from found
    if pipeline.errors is not None:
        yield _linked(found, event_id, trace_id, traces)


def _given(pipeline: Pipeline) -> Iterator[tuple[Sent, Courier]]:
    """What is sent, and by which courier; those of DSNs that the application has besides get nothing."""
    for courier in pipeline.sender.couriers:
        if courier.name in _BY_OTLP:
            yield _BY_OTLP[courier.name], courier
    if pipeline.errors is not None:
        yield _ERROR, pipeline.errors.lane.courier
        if pipeline.settings.traces_by_envelope and pipeline.target("traces") is not None:
            yield _TRANSACTION, pipeline.errors.lane.courier


def _ends(snapshot: Any, signal: str) -> dict[str, int]:
    ends: dict[str, int] = snapshot["ended"].get(signal, {})
    return ends


def _accepted(snapshot: Any, signal: str) -> int:
    return int(snapshot["accepted"].get(signal, 0))


def _send(pipeline: Pipeline, traces: list[str | None]) -> tuple[str | None, str | None, bool]:
    """The ids of the event and of the trace, and whether that is sampled.

    ``traces`` is told the trace id that the event itself has.
    """
    from opentelemetry import trace

    with telemetry.operation("telemetry.doctor"):
        is_sampled = trace.get_current_span().get_span_context().trace_flags.sampled
        trace_id = telemetry.current_trace_id()
        _log(pipeline)
        if pipeline.errors is not None:
            import sentry_sdk

            def look(event: Any, _hint: Any) -> Any:
                traces.append(((event.get("contexts") or {}).get("trace") or {}).get("trace_id"))
                return event

            sentry_sdk.get_isolation_scope().add_event_processor(look)
        try:
            _fail()
        except DoctorTestError as error:
            event_id = telemetry.capture_exception(error)
    return event_id, trace_id, is_sampled


def _fail() -> NoReturn:
    raise DoctorTestError("this error was asked for, to test error reporting")


def _log(pipeline: Pipeline) -> None:
    if pipeline.logs is None:
        return
    from opentelemetry._logs import LogRecord, SeverityNumber

    pipeline.logs.get_logger("telemetry.doctor").emit(
        LogRecord(
            timestamp=time.time_ns(),
            severity_number=SeverityNumber.INFO,
            body="this line was asked for, to test log records",
        )
    )


def _linked(
    found: list[Finding], event_id: str | None, trace_id: str | None, traces: list[str | None]
) -> Finding:
    states = {finding.id: finding.state for finding in found}
    if event_id is None or traces[-1:] != [trace_id]:
        return problem(
            "linked",
            "The test error does not carry the id of the trace that it happened in.",
            "Look at what stands in the findings about ownership; otherwise report it.",
        )
    if "sent.trace" not in states:
        return note(
            "linked",
            f"The test error carries the trace id {trace_id}, but traces are sent nowhere.",
            "Remove OTEL_TRACES_EXPORTER=none when traces are wanted.",
        )
    if {states[_ERROR.id], states["sent.trace"]} != {"ok"}:
        return note(
            "linked",
            f"The test error carries the id of its trace ({trace_id}), but not both arrived.",
            "Look at what the backends answered.",
        )
    return ok("linked", f"They are linked: event {event_id} is in the trace {trace_id}.")
