"""The front door of telemetry: what an application calls, importing no SDK until something is set up.

Every function here is safe to call at any time, from any thread or task, with telemetry on, off or not
installed. None raises into its caller.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from telemetry.keyring import Key as Key
    from telemetry.keyring import Keyring as Keyring
    from telemetry.pipeline import Pipeline
    from telemetry.privacy.tenants import Kind

__all__ = [
    "bind_tenant",
    "capture_exception",
    "current_trace_id",
    "flush",
    "is_active",
    "pseudonym",
    "pseudonym_keys",
    "register_content",
    "run_preview",
    "setup",
    "shutdown",
    "status",
]

logger = logging.getLogger(__name__)
_pipeline: Pipeline | None = None
_reason = "not set up"
_lock = threading.Lock()


def setup(
    *,
    service: str | None = None,
    version: str | None = None,
    environ: Mapping[str, str] | None = None,
    short_lived: bool = False,
) -> bool:
    """Build the pipeline that the environment asks for and install it; a second call only names the service.

    Call it before the first ``FastAPI()`` is made, because instrumentation wraps the class.

    Args:
        service: the application's name, where the environment gives none.
        version: its version; together they are the release, ``service@version``.
        environ: where settings are read from; the process environment when not given.
        short_lived: the process is a command that ends soon, and people wait for its end: unless the
            environment says otherwise, it has 2 s to deliver, and nothing waits on disk.

    Returns:
        True when telemetry is running, False when it is off, not installed or could not be started.

    """
    global _pipeline  # noqa: PLW0603  # the one switch of the process
    with _lock:
        try:
            if _pipeline is None:
                _pipeline = _start(os.environ if environ is None else environ, short_lived=short_lived)
            if _pipeline is not None and service is not None and version is not None:
                _pipeline.name_service(service, version)
        except Exception as error:
            _note(f"could not be started: {type(error).__name__}")
            logger.exception("telemetry: could not be started; the application runs without it")
    return _pipeline is not None


def _start(environ: Mapping[str, str], *, short_lived: bool) -> Pipeline | None:
    from telemetry.configuration.settings import Settings

    settings = Settings.from_environ(environ)
    if short_lived:
        settings = settings.for_a_short_life()
    for problem in settings.problems:
        logger.error("telemetry: %s", problem)
        if problem.variable == "OTEL_PROPAGATORS":
            # OpenTelemetry's API would raise when somebody imports it, and FastAPI does.
            os.environ.pop("OTEL_PROPAGATORS", None)
    if not settings.wanted:
        _note(
            "switched off by OTEL_SDK_DISABLED"
            if settings.disabled
            else "neither SENTRY_DSN nor OTLP endpoint"
        )
        return None
    try:
        from telemetry import installation, pipeline
    except ModuleNotFoundError as error:
        _note(f"{error.name} is not installed: install continuum-memory[monitoring]")
        logger.error("telemetry: %s", _reason)
        return None
    built = pipeline.build(settings)
    installation.install(built)
    return built


def _note(reason: str) -> None:
    global _reason  # noqa: PLW0603  # why the one switch is off
    _reason = reason


def is_active() -> bool:
    """Whether a pipeline is installed and running."""
    return _pipeline is not None


def bind_tenant(tenant_id: str) -> None:
    """Name the tenant that the running request acts for; only its keyed pseudonym is ever sent."""
    if _pipeline is not None:
        _pipeline.bind_tenant(tenant_id)


def register_content(*texts: str) -> None:
    """Mark texts as content: wherever they surface in the running trace's telemetry, they are removed."""
    if _pipeline is not None:
        _pipeline.register_content(texts)


def capture_exception(exception: BaseException) -> str | None:
    """Send one error event for an exception, linked to the current span.

    Returns:
        The event's id, or None when nothing was sent (telemetry off, or already captured).

    """
    if _pipeline is None or _pipeline.errors is None:
        return None
    return _pipeline.errors.capture(exception, handled=True)


def current_trace_id() -> str | None:
    """The running trace's id as 32 hex digits, sampled or not; None outside of a trace."""
    if _pipeline is None:
        return None
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def flush(timeout: float | None = None) -> bool:
    """Deliver what is queued within ``timeout`` seconds; True when nothing was left."""
    return True if _pipeline is None else _pipeline.flush(timeout)


def shutdown(timeout: float | None = None) -> None:
    """Deliver what is queued within ``timeout`` seconds and stop; a second call does nothing."""
    if _pipeline is not None:
        _pipeline.shutdown(timeout)


def status() -> dict[str, Any]:
    """What is running, what was delivered and what was lost, as JSON-serialisable data without secrets."""
    if _pipeline is None:
        from importlib.util import find_spec

        available = find_spec("sentry_sdk") is not None and find_spec("opentelemetry.sdk") is not None
        return {"active": False, "available": available, "reason": _reason}
    from telemetry.overview import status_of

    return status_of(_pipeline)


def pseudonym_keys(environ: Mapping[str, str] | None = None) -> Keyring:
    """The keys that make pseudonyms in this environment, whether telemetry is running or not."""
    from telemetry.keyring import Keyring

    return Keyring.from_environ(os.environ if environ is None else environ)


def pseudonym(kind: Kind, name: str) -> str | None:
    """The pseudonym that telemetry would send for a name; None when no key is set and none can be kept."""
    current = pseudonym_keys().current
    return None if current is None else current.pseudonyms.of(kind, name)


def run_preview(arguments: Sequence[str], program: str) -> int:
    """Show what would leave of an item: the command ``preview``, with its arguments; its exit code."""
    from telemetry.preview.command import run

    return run(arguments, program)
