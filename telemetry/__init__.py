"""The front door of telemetry: what an application calls, importing no SDK until something is set up.

Every function here is safe to call at any time, from any thread or task, with telemetry on, off or not
installed. None raises into its caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telemetry.pipeline import Pipeline

__all__ = [
    "bind_tenant",
    "capture_exception",
    "current_trace_id",
    "flush",
    "is_active",
    "register_content",
    "setup",
    "shutdown",
    "status",
]

_pipeline: Pipeline | None = None


def setup(*, environ: Mapping[str, str] | None = None) -> bool:
    """Build the pipeline that the environment asks for and install it; a second call changes nothing.

    Args:
        environ: where settings are read from; the process environment when not given.

    Returns:
        True when telemetry is running, False when it is off, not installed or could not be started.

    Call it before the first ``FastAPI()`` is made, because instrumentation wraps the class.
    """
    raise NotImplementedError


def is_active() -> bool:
    """Whether a pipeline is installed and running."""
    raise NotImplementedError


def bind_tenant(tenant_id: str) -> None:
    """Name the tenant that the running request acts for; only its keyed pseudonym is ever sent."""
    raise NotImplementedError


def register_content(*texts: str) -> None:
    """Mark texts as content: wherever they surface in the running trace's telemetry, they are removed."""
    raise NotImplementedError


def capture_exception(exception: BaseException) -> str | None:
    """Send one error event for an exception, linked to the current span.

    Returns:
        The event's id, or None when nothing was sent (telemetry off, or already captured).
    """
    raise NotImplementedError


def current_trace_id() -> str | None:
    """The running trace's id as 32 hex digits, sampled or not; None outside of a trace."""
    raise NotImplementedError


def flush(timeout: float | None = None) -> bool:
    """Deliver what is queued within ``timeout`` seconds; True when nothing was left."""
    raise NotImplementedError


def shutdown(timeout: float | None = None) -> None:
    """Deliver what is queued within ``timeout`` seconds and stop; a second call does nothing."""
    raise NotImplementedError


def status() -> dict[str, Any]:
    """What is running, what was delivered and what was lost, as JSON-serialisable data without secrets."""
    raise NotImplementedError
