"""Amends events before they leave the SDK: interrupts are none, a server's line about an error is that error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from sentry_sdk.scope import add_global_event_processor

from telemetry.sentry.statements import add_statement
from telemetry.sentry.transport import explain

if TYPE_CHECKING:
    import logging

    from telemetry.guard import Guard
    from telemetry.sentry.client import ErrorClient

_SERVER: Final = "uvicorn.error"
_TRACEBACK: Final = "Traceback (most recent call last)"
_LAST_WORDS: Final = ("Application startup failed. Exiting.", "Application shutdown failed. Exiting.")
_ENDINGS: Final = (KeyboardInterrupt, SystemExit)


class Amending:
    """A processor of all events of the SDK."""

    def __init__(self, errors: ErrorClient, guard: Guard) -> None:
        self._errors = errors
        self._guard = guard
        self._failed = False
        """Whether an error that ended the start or the end of an application was captured."""

    def __call__(self, event: Any, hint: Any) -> Any:
        """The event, amended; None for what is none."""
        with self._guard:
            record = hint.get("log_record")
            error = (hint.get("exc_info") or (None, None, None))[1]
            if self._ends_the_program(error, event) or (record is not None and self._is_repeated(record)):
                explain(None)
                return None
            if error is not None:
                add_statement(event, error)
        return event

    @staticmethod
    def _ends_the_program(error: BaseException | None, event: Any) -> bool:
        """Whether an event is only about somebody ending the program; one that was asked for is kept."""
        if not isinstance(error, _ENDINGS):
            return False
        values = (event.get("exception") or {}).get("values") or [{}]
        return (values[-1].get("mechanism") or {}).get("handled") is False

    def _is_repeated(self, record: logging.LogRecord) -> bool:
        """Whether a server's line repeats an exception that ends the application's start: that one is sent.

        It is being handled while the server writes its traceback, as text, into the log.
        """
        if record.name != _SERVER or record.exc_info or not isinstance(record.msg, str):
            return False
        if record.msg in _LAST_WORDS:
            return self._failed
        error = sys.exc_info()[1]
        if error is None or not record.msg.startswith(_TRACEBACK):
            return False
        self._failed = True
        self._errors.capture(error, handled=False)
        return True


def amend_events(errors: ErrorClient, guard: Guard) -> None:
    """Look at every event after the client has: what it dropped as a repetition is not seen here."""
    add_global_event_processor(Amending(errors, guard))
