"""Sentry's SDK as the owner of error events: set up with the gate as its only way out."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING, Any, Final

import sentry_sdk
from opentelemetry import trace
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration
from sentry_sdk.scope import (
    add_global_event_processor,
    register_external_propagation_context,
    use_isolation_scope,
)

from telemetry import trace_scope
from telemetry.gate.snapshot import Snapshot, cut
from telemetry.guard import Guard
from telemetry.ledger import End
from telemetry.marking import claim, give_back
from telemetry.sentry.dsn import Dsn
from telemetry.sentry.flood import Flood, kind_of, kind_of_line
from telemetry.sentry.log_lines import parts, with_parts
from telemetry.sentry.sdk import collecting_nothing, event_of, ignore_logger, known, logging_integration
from telemetry.sentry.sessions import note_error
from telemetry.sentry.transport import GatedTransport, explain, explain_nothing
from telemetry.sentry.variables import add_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from telemetry.configuration.settings import Settings
    from telemetry.delivery.lane import Lane
    from telemetry.gate.envelopes import Outgoing
    from telemetry.ledger import Ledger

_MECHANISM = "continuum"
_ADMITTED = "continuum_admitted"
_MOST_DSNS = 16
"""Backends that an application may send its events to; clients for more of them send nothing."""
_LONGEST_CATEGORY: Final = 120
_LONGEST_MESSAGE: Final = 1024
_LEVELS: Final = {"warn": "warning", "critical": "fatal"} | {
    level: level for level in ("debug", "info", "warning", "error", "fatal")
}


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
        self._transports = {settings.dsn.text: self._transport}

    def install(self) -> None:
        """Make this the process's Sentry client."""
        options = collecting_nothing(transactions=self._settings.traces_by_envelope)
        options |= {
            "dsn": self._settings.dsn.text if self._settings.dsn else None,
            "transport": self._transport,
            "environment": self._settings.environment,
            "sample_rate": self._settings.error_rate,
            "default_integrations": False,
            "auto_enabling_integrations": False,
            "integrations": [
                ExcepthookIntegration(),
                ThreadingIntegration(propagate_scope=False),
                logging_integration(),
            ],
            "before_breadcrumb": with_parts,
            "max_breadcrumbs": 50,
            "max_request_body_size": "never",
            "send_client_reports": False,
            "auto_session_tracking": False,
            "enable_backpressure_handling": False,
            "trace_propagation_targets": [],
            "spotlight": False,
            "shutdown_timeout": 0,
            "in_app_include": ["continuum"],
            "in_app_exclude": ["telemetry", "opentelemetry", "starlette", "fastapi", "uvicorn", "sqlalchemy"],
            "debug": False,
        }
        sentry_sdk.init(**known(options))
        # A debugging variable of the SDK wraps the transport in one that prints envelopes before the gate.
        sentry_sdk.get_client().transport = self._transport
        sentry_sdk.client.make_transport = self._transport_for  # type: ignore[attr-defined]  # every other client's too
        add_global_event_processor(self._once)
        register_external_propagation_context(_current_ids)
        ignore_logger("telemetry*")
        ignore_logger("opentelemetry*")
        ignore_logger("_granian*")  # repeats, without the exception, what the boundary has captured

    def fork(self) -> Any:
        """A scope of the SDK's for one piece of work, to be entered with ``isolate``, once or several times."""
        return sentry_sdk.get_isolation_scope().fork()

    def isolate(self, scope: Any = None) -> AbstractContextManager[Any]:
        """A scope of its own for a request: breadcrumbs and tags of one never reach another's events."""
        return use_isolation_scope(self.fork() if scope is None else scope)

    def capture(
        self,
        error: BaseException,
        *,
        handled: bool,
        transaction: str | None = None,
        level: str | None = None,
        tags: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> str | None:
        """Send one event for an exception; the same exception is never sent twice.

        Returns:
            The event's id, or None when it was captured before, sampled out, or one of too many.

        """
        with self._guard:
            if isinstance(error, CancelledError):
                return None
            note_error(handled=handled)
            if not claim(error):
                return None
            if not self._flood.admits(kind_of(error)):  # asked first: an event is dear to build
                self._ledger.accept("error")
                self._ledger.end("error", End.RATE_LIMITED)
                return None
            try:
                event, hint = event_of(error, {"type": _MECHANISM, "handled": handled})
                hint[_ADMITTED] = True
                if transaction is not None:
                    event["transaction"] = transaction
                if level is not None:
                    event["level"] = _level(level, "error")
                return sentry_sdk.capture_event(_with(event, tags, extra), hint=hint)
            except BaseException:
                give_back(error)
                raise
        return None

    def capture_message(
        self,
        message: str,
        place: tuple[str, int],
        *,
        level: str = "info",
        tags: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> str | None:
        """Send one event for a message that was said at a place: file and line. Its own words are the file's."""
        with self._guard:
            if not self._flood.admits(place):
                self._ledger.accept("error")
                self._ledger.end("error", End.RATE_LIMITED)
                return None
            event = {"level": _level(level, "info"), "logentry": _said(message, place[0])}
            return sentry_sdk.capture_event(_with(event, tags, extra))
        return None

    def add_breadcrumb(
        self, message: str, path: str, *, category: str, level: str, data: Mapping[str, Any] | None
    ) -> None:
        """Leave a breadcrumb in the running scope of the SDK, a bounded copy of what was given."""
        with self._guard:
            snapshot = Snapshot()
            crumb = {
                "type": "default",
                "category": snapshot.text(category[:_LONGEST_CATEGORY]),
                "level": _level(level, "info"),
                "logentry": _said(message, path),
                "data": snapshot.mapping(data) if data else {},
            }
            sentry_sdk.get_isolation_scope().add_breadcrumb(crumb)

    def _transport_for(self, options: dict[str, Any]) -> GatedTransport | None:
        """The transport of a client that the application makes itself: the gate, and the client's own DSN."""
        text = options.get("dsn")
        if not text:
            return None
        known = self._transports.get(text)
        if known is None and len(self._transports) < _MOST_DSNS:
            try:
                lane = self._lane_for(Dsn.parse(text))
            except ValueError:  # the environment's proxy can't be used; that was said
                return None
            known = self._transports[text] = GatedTransport(text, lane, self._ledger)
        return known

    def _once(self, event: Any, hint: Any) -> Any:
        """Drop the event of an exception that was captured before, by whomever, and what floods."""
        explain_nothing()
        record = hint.get("log_record")
        if record is not None:
            event["logentry"] = parts(record)
        error = (hint.get("exc_info") or (None, None, None))[1]
        is_ours = hint.get(_ADMITTED, False)
        if error is not None and not is_ours and not isinstance(error, CancelledError):
            note_error(handled=True)
        if isinstance(error, CancelledError) or (error is not None and not is_ours and not claim(error)):
            explain(None)  # somebody changed their mind, or was told before
            return None
        if (error is not None or record is not None) and not is_ours:
            kind = kind_of(error) if error is not None else kind_of_line(record)
            if not self._flood.admits(kind):
                explain(End.RATE_LIMITED)
                return None
        with self._guard:
            scope = trace_scope.current()
            if scope is not None and scope.operation:
                event["tags"] = {**scope.operation, **dict(event.get("tags") or ())}
            if error is not None:
                add_shapes(event, error)
            _link(event)
        return event

    def after_fork(self) -> None:
        """Count anew in the child."""
        self._flood.start_anew()


def _with(event: Any, tags: Mapping[str, Any] | None, extra: Mapping[str, Any] | None) -> Any:
    """An event with tags, which are bounded already, and a bounded copy of extra data."""
    if tags:
        event["tags"] = dict(tags)
    if extra:
        event["extra"] = Snapshot().mapping(extra)
    return event


def _level(word: Any, otherwise: str) -> Any:
    return _LEVELS.get(word, otherwise) if isinstance(word, str) else otherwise


def _said(message: str, path: str) -> dict[str, Any]:
    """A message as the gate wants it: its words stay as far as they stand in the file that says it."""
    return {"message": cut(message)[:_LONGEST_MESSAGE], "params": [], "path": path}


def _link(event: Any) -> None:
    """Take an event from a span of the SDK's own, which an application switched on, to OpenTelemetry's."""
    span, ids = sentry_sdk.get_current_span(), _current_ids()
    shown = (event.get("contexts") or {}).get("trace")
    if span is not None and ids is not None and shown and shown.get("trace_id") == span.trace_id:
        event["contexts"]["trace"] = {"trace_id": ids[0], "span_id": ids[1]}


def _current_ids() -> tuple[str, str] | None:
    """Trace and span id of the current OpenTelemetry span, sampled or not."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
