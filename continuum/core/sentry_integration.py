"""Error tracking and performance monitoring by the names that applications of CONTINUUM know.

Everything is done by telemetry; here are the names, arguments and defaults. Each function may be called at any
time, from any thread or task, also while telemetry is off or not installed, and none raises. Import the module
rather than its names where tests replace one of them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, overload

import telemetry
from continuum import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import ParamSpec, Self, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")

__all__ = [
    "PerformanceTransaction",
    "add_breadcrumb",
    "capture_exception",
    "capture_memory_error",
    "capture_message",
    "close",
    "flush",
    "get_status",
    "init_sentry",
    "is_enabled",
    "monitor_performance",
    "set_operation_context",
    "set_user_context",
]

logger = logging.getLogger(__name__)
_said: set[str] = set()


def init_sentry(  # noqa: PLR0917  # applications give them by position, too
    dsn: str | None = None,
    environment: str | None = None,
    release: str | None = None,
    traces_sample_rate: float | None = None,
    sample_rate: float | None = None,
    enable_profiling: bool | None = None,
    profiles_sample_rate: float | None = None,
    **ignored: Any,
) -> bool:
    """Start telemetry; arguments stand before the environment's variables. A second call changes nothing.

    Args:
        dsn: ``SENTRY_DSN``.
        environment: ``CONTINUUM_ENV``.
        release: ``CONTINUUM_RELEASE``.
        traces_sample_rate: ``SENTRY_TRACES_SAMPLE_RATE``, from 0 to 1.
        sample_rate: ``SENTRY_SAMPLE_RATE``, from 0 to 1.
        enable_profiling: without effect: profiles hold what can't be scrubbed.
        profiles_sample_rate: without effect.
        ignored: options of sentry-sdk, without effect.

    Returns:
        Whether telemetry is running. A value that isn't valid is named in the log and left out.

    """
    ignored |= {"enable_profiling": enable_profiling, "profiles_sample_rate": profiles_sample_rate}
    without_effect = sorted(name for name, value in ignored.items() if value)
    if without_effect:
        logger.warning("init_sentry: %s has no effect", ", ".join(without_effect))
    given = {
        "dsn": dsn,
        "environment": environment,
        "release": release,
        "traces_sample_rate": traces_sample_rate,
        "sample_rate": sample_rate,
    }
    return telemetry.setup(service="continuum", version=__version__, arguments=given)


def close(timeout: float | None = None) -> None:
    """Deliver what is queued within some seconds and stop; ``init_sentry`` starts anew. Twice is once."""
    telemetry.shutdown(timeout)


def flush(timeout: float | None = None) -> bool:
    """Deliver what is queued within some seconds; True when nothing was left."""
    return telemetry.flush(timeout)


def is_enabled() -> bool:
    """Whether telemetry is running."""
    return telemetry.is_active()


def get_status() -> dict[str, Any]:
    """What is running, where it sends to and what became of everything: JSON-serialisable, without secrets.

    Besides what ``telemetry.status()`` tells: ``enabled``; and while it is, ``otlp_endpoint`` (a host),
    ``queue`` (what is on its way, by signal) and ``dropped`` (what was lost or kept back, by signal and reason).
    """
    status = telemetry.status()
    status |= {"enabled": status["active"], "scrubber_version": __version__}
    for known in ("environment", "release"):
        status.setdefault(known)
    if status["enabled"]:
        ledger = status["ledger"]
        kept = {
            signal: {end: number for end, number in ends.items() if end not in ("delivered", "spooled")}
            for signal, ends in ledger["ended"].items()
        }
        status["otlp_endpoint"] = status["traces_to"]
        status["exporter"] = status["traces_transport"]
        status["queue"] = ledger["in_flight"]
        status["dropped"] = {signal: ends for signal, ends in kept.items() if ends}
    return status


def capture_exception(
    e: BaseException | None = None,
    level: str | None = None,
    extra: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
) -> str | None:
    """One event for an exception, by default the one that is being handled, however often it is captured.

    Returns:
        The event's id; None when nothing was sent.

    """
    return telemetry.capture_exception(e, level=level, extra=extra, tags=tags)


def capture_memory_error(
    e: BaseException, operation: str, tenant_id: str, query: str | None = None, **extra: Any
) -> str | None:
    """One event for an error of a memory operation. Of the query its length and a keyed fingerprint are sent.

    Returns:
        The event's id; None when nothing was sent.

    """
    tags = {"operation": operation, "memory_operation": operation}
    return telemetry.capture_exception(e, tags=tags, extra=extra, query=query, tenant=tenant_id)


def capture_message(
    message: str,
    level: str = "info",
    extra: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
) -> str | None:
    """One event for a message; its words are sent as far as they stand in the calling file.

    Returns:
        The event's id; None when nothing was sent.

    """
    return telemetry.capture_message(message, level=level, extra=extra, tags=tags, stacklevel=2)


def set_user_context(tenant_id: str, instance_id: str | None = None, anonymize: bool = True) -> None:
    """Say for whom the running request works; keyed pseudonyms of the tenant and the instance are sent.

    ``anonymize=False`` is said to have no effect, once: no tenant's name leaves the process. Operators find a
    pseudonym's tenant with ``continuum telemetry whois``.
    """
    if not anonymize:
        _say_once("set_user_context: anonymize=False has no effect; see `continuum telemetry whois`")
    telemetry.bind_tenant(tenant_id)
    if instance_id is not None:
        telemetry.set_operation(instance_id=instance_id)


def set_operation_context(
    operation: str | None = None,
    model_type: str | None = None,
    memory_operation: str | None = None,
    federation_peer: str | None = None,
    **extra_tags: Any,
) -> None:
    """Say what the running request does: on its events, on the current span and on those that start later.

    A peer is sent as a keyed pseudonym. It is gone with the request.
    """
    telemetry.set_operation(
        operation=operation,
        model_type=model_type,
        memory_operation=memory_operation,
        federation_peer=federation_peer,
        **extra_tags,
    )


def add_breadcrumb(
    message: str,
    category: str = "default",
    level: str = "info",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Leave a note that goes with the running request's error, should there be one."""
    telemetry.add_breadcrumb(message, category=category, level=level, data=data, stacklevel=2)


class PerformanceTransaction:
    """``with`` or ``async with`` around a piece of work: a span named ``op`` below the current one.

    Args:
        op: what is done, such as ``memory.recall``.
        tenant: for whom. Where ``tenant_id`` is given as well, it is taken for a description.
        tenant_id: for whom; the pseudonym is sent.
        description: taken for content: it may stand nowhere in what is sent.
        tags: as for ``set_operation_context``, for this span alone.

    """

    def __init__(
        self,
        op: str,
        tenant: str | None = None,
        tenant_id: str | None = None,
        *,
        description: str | None = None,
        **tags: Any,
    ) -> None:
        if tenant_id is not None:
            description, tenant = tenant or description, tenant_id
        self._operation = telemetry.operation(op, tenant=tenant, content=description, tags=tags)

    def __enter__(self) -> Self:
        self._operation.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._operation.__exit__(kind, error, trace)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def start_span(self, op: str, description: str | None = None) -> telemetry.Operation:
        """A part of it, for ``with`` and ``async with``; the description is taken for content."""
        return self._operation.start_span(op, description)

    def set_tag(self, key: str, value: Any) -> None:
        """Put a tag on the span."""
        self._operation.set_tag(key, value)

    def set_data(self, key: str, value: Any) -> None:
        """As ``set_tag``."""
        self._operation.set_data(key, value)

    def set_status(self, status: str) -> None:
        """``ok``, or any other word for a failure."""
        self._operation.set_status(status)


@overload
def monitor_performance(op: Callable[P, R]) -> Callable[P, R]: ...


@overload
def monitor_performance(op: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def monitor_performance(op: Any = None) -> Any:
    """Make each call of a function a span: ``@monitor_performance`` or ``@monitor_performance("memory.recall")``.

    It may be a plain or async function or generator, or a class or static method, and stays what it is.
    """
    return telemetry.monitor(op)


def _say_once(line: str) -> None:
    if line not in _said:
        _said.add(line)
        logger.warning(line)
