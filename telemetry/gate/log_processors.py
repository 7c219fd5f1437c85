"""What a log record goes through: our own queue, and the gate in front of the processors of others."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk._logs import (
    LogRecordLimits,
    LogRecordProcessor,
    ReadWriteLogRecord,
    SynchronousMultiLogRecordProcessor,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import get_current_span

from telemetry import trace_scope
from telemetry.gate.logs import clean_log
from telemetry.gate.noted import note_record
from telemetry.guard import Guard
from telemetry.privacy import policy

if TYPE_CHECKING:
    from opentelemetry._logs import LogRecord, SeverityNumber
    from opentelemetry.sdk._logs import ReadableLogRecord

    from telemetry.delivery.lane import Lane
    from telemetry.gate.noted import NotedLog
    from telemetry.gate.scrubbing import Scrubbing
    from telemetry.ledger import Ledger
    from telemetry.trace_scope import TraceScope

# All of them given: the SDK would read what is left out from the environment, and may raise.
LIMITS: Final = LogRecordLimits(
    policy.MAX_ITEMS, LogRecordLimits.UNSET, policy.MAX_ITEMS, LogRecordLimits.UNSET
)
_NO_SCOPE: Final = InstrumentationScope("")


def scope_of(record: LogRecord) -> TraceScope | None:
    """The trace scope that a record belongs to: that of the span in its context, or the running one."""
    return trace_scope.of_span(get_current_span(record.context)) or trace_scope.current()


def writable(clean: ReadableLogRecord) -> ReadWriteLogRecord:
    """A clean record in the form in which the SDK's processors want it."""
    return ReadWriteLogRecord(clean.log_record, clean.resource, clean.instrumentation_scope, LIMITS)


class QueueingLogProcessor(LogRecordProcessor):
    """Queues what was noted; everything that costs time happens on the sender's thread."""

    def __init__(self, lane: Lane[NotedLog], ledger: Ledger) -> None:
        self._lane = lane
        self._ledger = ledger
        self._guard = Guard(ledger, "log queue")

    def take(self, noted: NotedLog, scope: TraceScope | None) -> None:
        """Queue a record; never blocks, never raises."""
        with self._guard:
            self._ledger.accept("log")
            self._lane.submit([noted], scope)

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Note and queue a record that somebody hands to the processor itself."""
        with self._guard:
            record = log_record.log_record
            noted = note_record(record, log_record.instrumentation_scope or _NO_SCOPE)
            self.take(noted, scope_of(record))

    def shutdown(self) -> None:
        """Nothing: the sender is shut down by whoever started it."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver everything queued within some milliseconds."""
        with self._guard:
            return self._lane.flush(timeout_millis / 1000)
        return False


class GatedLogProcessor(LogRecordProcessor):
    """Stands in front of another processor: it sees only clean copies of records."""

    def __init__(self, downstream: LogRecordProcessor, scrubbing: Scrubbing) -> None:
        self._downstream = downstream
        self._scrubbing = scrubbing
        self._guard = Guard(scrubbing.ledger, f"log gate of {type(downstream).__name__}")

    def take(self, noted: NotedLog, scope: TraceScope | None) -> None:
        """Hand on a clean copy of what was noted."""
        with self._guard:
            self._downstream.on_emit(writable(clean_log(noted, scope, self._scrubbing)))

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Hand on a clean copy of a record that somebody hands to the gate itself."""
        with self._guard:
            record = log_record.log_record
            noted = note_record(record, log_record.instrumentation_scope or _NO_SCOPE)
            self.take(noted, scope_of(record))

    def enabled(self, *, severity_number: SeverityNumber | None = None, **_unclean: Any) -> bool:
        """What the processor says of a severity; it isn't told the rest, which nobody has cleaned."""
        with self._guard:
            return self._downstream.enabled(severity_number=severity_number)
        return True

    def shutdown(self) -> None:
        """Shut the processor behind the gate down."""
        with self._guard:
            self._downstream.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the processor behind the gate."""
        with self._guard:
            return self._downstream.force_flush(timeout_millis)
        return False


class GatedLogProcessors(SynchronousMultiLogRecordProcessor):
    """The provider's list of processors, each behind a gate; our own is one itself."""

    def __init__(self, scrubbing: Scrubbing) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # upstream has no types here
        self._scrubbing = scrubbing

    def add_log_record_processor(self, log_record_processor: LogRecordProcessor) -> None:
        """Add a processor behind the gate."""
        if not isinstance(log_record_processor, GatedLogProcessor | QueueingLogProcessor):
            log_record_processor = GatedLogProcessor(log_record_processor, self._scrubbing)
        super().add_log_record_processor(log_record_processor)

    def take(self, noted: NotedLog, scope: TraceScope | None) -> None:
        """Give every processor what was noted; each has a guard of its own."""
        for processor in self._log_record_processors:
            if isinstance(processor, GatedLogProcessor | QueueingLogProcessor):
                processor.take(noted, scope)

    def flush_others(self, timeout: float) -> threading.Thread | None:
        """Start flushing the processors that others added; None when there are none.

        On a thread of its own: not every processor keeps to the time that it is given.
        """
        others = [
            processor for processor in self._log_record_processors if isinstance(processor, GatedLogProcessor)
        ]
        if not others:
            return None

        def flush() -> None:
            for processor in others:
                processor.force_flush(int(timeout * 1000))

        thread = threading.Thread(target=flush, name="continuum-telemetry-others", daemon=True)
        thread.start()
        return thread
