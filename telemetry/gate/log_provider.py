"""The logger provider that has no ungated door: whatever is added to it stands behind the gate."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from opentelemetry._logs import LogRecord
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk._logs import Logger, LoggerProvider, ReadWriteLogRecord
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from telemetry.gate.log_processors import LIMITS, GatedLogProcessors, scope_of
from telemetry.gate.noted import note_record
from telemetry.gate.resource import resource_of
from telemetry.guard import Guard

if TYPE_CHECKING:
    from opentelemetry.util.types import Attributes

    from telemetry.gate.scrubbing import Scrubbing


class GatedLogger(Logger):
    """A logger that notes what it is given and builds no record of the SDK: that would call ``str`` of values."""

    def __init__(self, provider: GatedLoggerProvider, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._provider = provider

    def emit(self, record: LogRecord | ReadWriteLogRecord | None = None, **fields: Any) -> None:
        """Note a record and give it to the gated processors; never raises."""
        with self._provider.guard:
            if not self._is_enabled():
                return
            if isinstance(record, ReadWriteLogRecord):
                record = record.log_record
            given = LogRecord(**fields) if record is None else record
            self._provider.processors.take(note_record(given, self._instrumentation_scope), scope_of(given))


class GatedLoggerProvider(LoggerProvider):
    """A logger provider whose processors see clean copies of records, whoever added them."""

    def __init__(self, scrubbing: Scrubbing) -> None:
        self.processors = GatedLogProcessors(scrubbing)
        self.guard = Guard(scrubbing.ledger, "log records")
        super().__init__(
            resource=resource_of(scrubbing.identity()),
            shutdown_on_exit=False,
            multi_log_record_processor=self.processors,
            # The global one may be made from the environment when it is asked for.
            meter_provider=NoOpMeterProvider(),
            log_record_limits=LIMITS,
        )

    def _get_logger_no_cache(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> Logger:
        scope = InstrumentationScope(name, version, schema_url, attributes)
        return GatedLogger(
            self,
            self._resource,
            self.processors,
            scope,
            logger_metrics=self._logger_metrics,
            log_record_limits=LIMITS,
            _logger_config=self._apply_logger_configurator(scope),
        )

    def _handle_fork(self) -> None:
        # The SDK's own runs resource detectors in a thread pool here, whose lock the child may find taken
        # for ever. What changes in a child is in the identity, which the gate asks for each record.
        self._logger_cache_lock = threading.Lock()
        self._active_loggers_lock = threading.Lock()
