"""Sentry's SDK as the owner of error events: set up with the gate as its only way out."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from typing import TYPE_CHECKING, Any

import sentry_sdk
from opentelemetry import trace
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger
from sentry_sdk.integrations.threading import ThreadingIntegration
from sentry_sdk.scope import (
    add_global_event_processor,
    register_external_propagation_context,
    use_isolation_scope,
)
from sentry_sdk.utils import event_from_exception

from telemetry.guard import Guard
from telemetry.ledger import End
from telemetry.sentry.dsn import Dsn
from telemetry.sentry.flood import Flood, kind_of, kind_of_line
from telemetry.sentry.log_lines import parts, with_parts
from telemetry.sentry.transport import GatedTransport, explain, explain_nothing
from telemetry.sentry.variables import add_shapes

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from telemetry.delivery.lane import Lane
    from telemetry.gate.envelopes import Outgoing
    from telemetry.ledger import Ledger
    from telemetry.settings import Settings

_CAPTURED_AS = "__continuum_event_id__"
_MECHANISM = "continuum"
_ADMITTED = "continuum_admitted"


class ErrorClient:
    """Captures exceptions, each once, linked to the OpenTelemetry span that is current."""

    def __init__(self, settings: Settings, lane_for: Callable[[Dsn], Lane[Outgoing]], ledger: Ledger) -> None:
        self._settings = settings
        self._lane_for = lane_for
        self._ledger = ledger
        self._guard = Guard(ledger, "error capture")
        self._flood = Flood()
        assert settings.dsn is not None  # noqa: S101  # the pipeline builds a client only for a DSN
        self.lane = lane_for(settings.dsn)
        """Where the events of our own DSN go."""
        self._transport = GatedTransport(settings.dsn.text, self.lane, ledger)

    def install(self) -> None:
        """Make this the process's Sentry client."""
        envelope_traces = self._settings.traces_by_envelope
        sentry_sdk.init(
            dsn=self._settings.dsn.text if self._settings.dsn else None,
            transport=self._transport,
            environment=self._settings.environment,
            sample_rate=self._settings.error_rate,
            # OpenTelemetry owns traces. The envelope transport builds transactions from its sampled spans,
            # so the SDK samples none of them out again.
            traces_sample_rate=1.0 if envelope_traces else None,
            instrumenter="otel" if envelope_traces else None,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[
                ExcepthookIntegration(),
                ThreadingIntegration(propagate_scope=False),
                LoggingIntegration(level=logging.INFO, event_level=logging.ERROR, sentry_logs_level=None),
            ],
            before_breadcrumb=with_parts,
            max_breadcrumbs=50,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            send_client_reports=False,
            auto_session_tracking=False,
            enable_backpressure_handling=False,
            propagate_traces=False,
            trace_propagation_targets=[],
            spotlight=False,
            shutdown_timeout=0,
            in_app_include=["continuum"],
            in_app_exclude=["telemetry", "opentelemetry", "starlette", "fastapi", "uvicorn", "sqlalchemy"],
            debug=False,
        )
        # A debugging variable of the SDK wraps the transport in one that prints envelopes before the gate.
        sentry_sdk.get_client().transport = self._transport
        sentry_sdk.client.make_transport = self._transport_for  # type: ignore[attr-defined]  # every other client's too
        add_global_event_processor(self._once)
        register_external_propagation_context(_current_ids)
        ignore_logger("telemetry*")
        ignore_logger("opentelemetry*")
        ignore_logger("_granian*")  # repeats, without the exception, what the boundary has captured

    def isolate(self) -> AbstractContextManager[Any]:
        """A scope of its own for a request: breadcrumbs and tags of one never reach another's events."""
        return use_isolation_scope(sentry_sdk.get_isolation_scope().fork())

    def capture(self, error: BaseException, *, handled: bool, transaction: str | None = None) -> str | None:
        """Send one event for an exception; the same exception is never sent twice.

        Returns:
            The event's id, or None when it was captured before, sampled out, or one of too many.

        """
        with self._guard:
            if getattr(error, _CAPTURED_AS, None) is not None:
                return None
            if not self._flood.admits(kind_of(error)):  # asked first: an event is dear to build
                _mark(error, "flood")
                self._ledger.accept("error")
                self._ledger.end("error", End.RATE_LIMITED)
                return None
            event, hint = event_from_exception(
                error,
                client_options=sentry_sdk.get_client().options,
                mechanism={"type": _MECHANISM, "handled": handled},
            )
            hint[_ADMITTED] = True
            if transaction is not None:
                event["transaction"] = transaction
            return sentry_sdk.capture_event(event, hint=hint)
        return None

    def _transport_for(self, options: dict[str, Any]) -> GatedTransport | None:
        """The transport of a client that the application makes itself: the gate, and the client's own DSN."""
        text = options.get("dsn")
        if not text:
            return None
        if self._settings.dsn is not None and text == self._settings.dsn.text:
            return self._transport
        return GatedTransport(text, self._lane_for(Dsn.parse(text)), self._ledger)

    def _once(self, event: Any, hint: Any) -> Any:
        """Drop the event of an exception that was captured before, by whomever, and what floods."""
        explain_nothing()
        record = hint.get("log_record")
        if record is not None:
            event["logentry"] = parts(record)
        error = (hint.get("exc_info") or (None, None, None))[1]
        if isinstance(error, CancelledError) or getattr(error, _CAPTURED_AS, None) is not None:
            explain(None)  # somebody changed their mind, or was told before
            return None
        if (error is not None or record is not None) and not hint.get(_ADMITTED):
            kind = kind_of(error) if error is not None else kind_of_line(record)
            if not self._flood.admits(kind):
                explain(End.RATE_LIMITED)
                return None
        if error is not None:
            _mark(error, event.get("event_id", ""))
            with self._guard:
                add_shapes(event, error)
        return event

    def after_fork(self) -> None:
        """Count anew in the child."""
        self._flood.start_anew()


def _mark(error: BaseException, event_id: str) -> None:
    try:
        setattr(error, _CAPTURED_AS, event_id)
    except (AttributeError, TypeError):
        # An exception with __slots__ takes no mark; then a second report is the lesser evil.
        return


def _current_ids() -> tuple[str, str] | None:
    """Trace and span id of the current OpenTelemetry span, sampled or not."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
