"""The front door of telemetry: what an application calls, importing no SDK until something is set up.

Every function here is safe to call at any time, from any thread or task, with telemetry on, off or not
installed. None raises into its caller.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from telemetry.keyring import Key as Key
    from telemetry.keyring import Keyring as Keyring
    from telemetry.measurements import Kind as InstrumentKind
    from telemetry.operations import Operation as Operation
    from telemetry.parts import Part as Part
    from telemetry.pipeline import Pipeline
    from telemetry.privacy.tenants import Kind

__all__ = [
    "add_breadcrumb",
    "bind_tenant",
    "capture_exception",
    "capture_message",
    "current_trace_id",
    "flush",
    "is_active",
    "is_recorded",
    "measure",
    "monitor",
    "operation",
    "outgoing_headers",
    "part",
    "pseudonym",
    "pseudonym_keys",
    "register_content",
    "run_doctor",
    "run_preview",
    "run_sentry",
    "set_operation",
    "settings_help",
    "setup",
    "shutdown",
    "status",
]

logger = logging.getLogger(__name__)
_pipeline: Pipeline | None = None
_is_shut = False
_reason = "not set up"
_lock = threading.RLock()  # a signal handler may shut down while setup runs


def setup(
    *,
    service: str | None = None,
    version: str | None = None,
    environ: Mapping[str, str] | None = None,
    arguments: Mapping[str, Any] | None = None,
    short_lived: bool = False,
) -> bool:
    """Build the pipeline that the environment asks for and install it; a second call only names the service.

    It may be called from any thread, as often as one likes, before or after applications are made; an
    application that serves already stays as it is. After ``shutdown`` it starts the same pipeline again, with
    the settings that it had.

    Args:
        service: the application's name, where the environment gives none.
        version: its version; together they are the release, ``service@version``.
        environ: where settings are read from; the process environment when not given.
        arguments: settings that stand before those of the environment: ``dsn``, ``environment``, ``release``,
            ``sample_rate``, ``traces_sample_rate``. None stands for one that isn't given; one that isn't
            valid is named in the log and left out. They count in the call that starts the pipeline.
        short_lived: the process is a command that ends soon, and people wait for its end: unless the
            environment says otherwise, it has 2 s to deliver, and nothing waits on disk.

    Returns:
        True when telemetry is running, False when it is off, not installed or could not be started.

    """
    global _pipeline, _is_shut  # noqa: PLW0603  # the one switch of the process
    with _lock:
        try:
            if _pipeline is None:
                _is_shut = False
                chosen = os.environ if environ is None else environ
                _pipeline = _start(chosen, arguments, short_lived=short_lived)
            elif _is_shut:
                _is_shut = not _start_again(_pipeline)
            elif any(value is not None for value in (arguments or {}).values()):
                logger.info("telemetry: it runs already, so the arguments given now are not used")
            if _pipeline is not None and service is not None and version is not None:
                _pipeline.name_service(service, version)
        except Exception as error:
            _note(f"could not be started: {type(error).__name__}")
            logger.exception("telemetry: could not be started; the application runs without it")
    return is_active()


def _start_again(pipeline: Pipeline) -> bool:
    from telemetry.reopening import reopen

    if reopen(pipeline):
        return True
    _note("shut down, and its last delivery has not ended yet: try again in a moment")
    logger.error("telemetry: %s", _reason)
    return False


def _start(
    environ: Mapping[str, str], arguments: Mapping[str, Any] | None, *, short_lived: bool
) -> Pipeline | None:
    from telemetry.configuration.settings import Settings

    settings = Settings.read(environ, arguments)
    if short_lived:
        settings = settings.for_a_short_life()
    for problem in settings.problems:
        logger.error("telemetry: %s", problem)
    for note in settings.notes:
        logger.info("telemetry: %s", note)
    for variable in settings.breaking:
        # OpenTelemetry would raise when somebody imports it, and FastAPI does.
        os.environ.pop(variable, None)
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
    return _running() is not None


def _running() -> Pipeline | None:
    return None if _is_shut else _pipeline


def bind_tenant(tenant_id: str) -> None:
    """Name the tenant that the running request acts for; only its keyed pseudonym is ever sent.

    Outside of a request or an operation it holds for this task or thread, until another tenant is named.
    """
    if (pipeline := _running()) is not None:
        from telemetry.bindings import bind_tenant as bind

        bind(pipeline, tenant_id)


def set_operation(**tags: Any) -> None:
    """Say what the running request does: on its events, on the current span and on those that start later.

    Args:
        tags: ``operation``, ``memory_operation``, ``model_type`` and ``cli_command``, whose text is sent when it
            stands in the program's code; ``federation_peer`` and ``instance_id``, for which pseudonyms are
            sent; any other, of which numbers are sent, and text as far as the privacy profile allows it.
            None stands for one that isn't given. What was said before stays until the request ends.

    """
    if (pipeline := _running()) is not None:
        from telemetry.bindings import bind_operation

        bind_operation(pipeline, tags)


def register_content(*texts: str) -> None:
    """Mark texts as content: wherever they surface in the running trace's telemetry, they are removed."""
    if (pipeline := _running()) is not None:
        pipeline.register_content(texts)


def capture_exception(
    exception: BaseException | None = None,
    *,
    level: str | None = None,
    tags: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
    query: str | None = None,
    tenant: str | None = None,
) -> str | None:
    """Send one error event for an exception, linked to the current span, which is marked with it.

    The same exception is one event, however often and by whomever it is captured.

    Args:
        exception: by default the one that is being handled.
        level: ``error`` by default; ``fatal``, ``warning``, ``info`` or ``debug``.
        tags: as for ``set_operation``, for this event alone.
        extra: further data, bounded; what nobody knows in it is replaced.
        query: what somebody asked when it happened: its length and a keyed fingerprint are sent.
        tenant: whose work failed, where nothing has named the tenant yet.

    Returns:
        The event's id, or None when nothing was sent (telemetry off, or already captured).

    """
    if (pipeline := _running()) is None:
        return None
    from telemetry.capturing import capture

    return capture(pipeline, exception, level=level, tags=tags, extra=extra, query=query, tenant=tenant)


def capture_message(
    message: str,
    *,
    level: str = "info",
    tags: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
    stacklevel: int = 1,
) -> str | None:
    """Send one event for a message; of its words those are sent that stand in the calling file.

    ``stacklevel`` is that of ``warnings.warn``: 2 when the caller's caller says it.

    Returns:
        The event's id, or None when nothing was sent.

    """
    if (pipeline := _running()) is None:
        return None
    from telemetry.capturing import capture_message as capture

    place = _place(stacklevel)
    return capture(pipeline, message, level=level, tags=tags, extra=extra, place=place)


def add_breadcrumb(
    message: str,
    *,
    category: str = "default",
    level: str = "info",
    data: Mapping[str, Any] | None = None,
    stacklevel: int = 1,
) -> None:
    """Leave a note that goes with the running request's error, should there be one; it is gone with the request.

    Databases, caches and operations leave their own. Words and ``stacklevel`` are as in ``capture_message``.
    """
    if (pipeline := _running()) is not None and pipeline.errors is not None:
        path, _ = _place(stacklevel)
        pipeline.errors.add_breadcrumb(message, path, category=category, level=level, data=data)


def _place(stacklevel: int) -> tuple[str, int]:
    """File and line of the code that called the front door, or of one of its callers."""
    frame = sys._getframe(2)  # noqa: SLF001  # as `warnings` and `logging` do
    for _ in range(stacklevel - 1):
        frame = frame.f_back or frame
    return frame.f_code.co_filename, frame.f_lineno


def operation(
    name: str,
    *,
    tenant: str | None = None,
    content: str | None = None,
    tags: Mapping[str, Any] | None = None,
) -> Operation:
    """A context manager around a piece of work, for ``with`` and ``async with``: a span below the current one.

    Outside of a request it is a request of its own: what is bound and noted inside is gone when it ends.

    Args:
        name: what is done, such as ``memory.recall``; it has to stand in the program's code.
        tenant: whose work it is; within a request whose tenant is known, that one stays.
        content: a text that may stand nowhere in what leaves of it.
        tags: as for ``set_operation``, for this span alone.

    """
    from telemetry.operations import Operation

    return Operation(name, _running, tenant=tenant, tags=dict(tags or {}), content=content)


def part(name: str, attributes: Mapping[str, Any] | None = None, *, noted: bool = True) -> Part:
    """A context manager for ``with`` around a part of the running work: a span below the current one.

    It is lighter than an operation, and opens no scope: what is bound and registered inside stays.

    Args:
        name: what is done; it has to stand in the program's code.
        attributes: numbers, and words that the conventions or the program's code know. The value of
            ``gen_ai.memory.store.id`` names a tenant, and the pseudonym is sent.
        noted: it is among the breadcrumbs of an error also where no span is recorded. Without it nothing at
            all is done there.

    """
    from telemetry.parts import Part

    return Part(name, _running, attributes, noted=noted)


def is_recorded() -> bool:
    """Whether spans are made of what is done now: an application may take a shorter way where nobody looks.

    It is True where a new span would be asked about. False without telemetry, and in a trace that isn't sampled.
    """
    if _running() is None:
        return False
    from telemetry.unrecorded import is_unrecorded

    return not is_unrecorded()


def measure(
    name: str,
    amount: float,
    *,
    unit: str = "1",
    kind: InstrumentKind = "counter",
    labels: Mapping[str, Any] | None = None,
) -> None:
    """Give a measurement to whoever takes metrics; where nobody does, no instrument is made.

    Args:
        name: the instrument's; like unit and labels it has to stand in the calling module's code.
        amount: what was measured.
        unit: in UCUM, such as ``s`` or ``{memory}``.
        kind: ``counter``, ``histogram``, or ``level`` for what goes up and down.
        labels: words of closed lists; for a class its dotted name stands.

    """
    if (pipeline := _running()) is not None and pipeline.metrics is not None:
        from telemetry.measurements import measure as give

        module = str(sys._getframe(1).f_globals.get("__name__"))  # noqa: SLF001  # as `warnings` does
        give(pipeline, name, amount, unit=unit, kind=kind, labels=labels or {}, module=module)


def monitor(name: Any = None) -> Callable[..., Any]:
    """Decorate a function so that each of its calls is an operation: ``@monitor`` or ``@monitor("name")``.

    It may be a plain or async function or generator, or a class or static method; it stays what it is.
    """
    from telemetry.monitoring import monitor as decorate

    if name is None or isinstance(name, str):
        return partial(decorate, name=name, pipeline=_running)
    decorated: Callable[..., Any] = decorate(name, None, _running)
    return decorated


def current_trace_id() -> str | None:
    """The running trace's id as 32 hex digits, sampled or not; None outside of a trace."""
    if not is_active():
        return None
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def outgoing_headers() -> dict[str, str]:
    """The headers by which a called service goes on with the running trace, for a client that nobody instruments.

    What names somebody in baggage is held back. Empty without telemetry.
    """
    headers: dict[str, str] = {}
    if (pipeline := _running()) is not None:
        with pipeline.guard("outgoing headers"):
            from opentelemetry import propagate

            propagate.inject(headers)
    return headers


def flush(timeout: float | None = None) -> bool:
    """Deliver what is queued within ``timeout`` seconds; True when nothing was left."""
    pipeline = _running()
    return True if pipeline is None else pipeline.flush(timeout)


def shutdown(timeout: float | None = None) -> None:
    """Deliver what is queued within ``timeout`` seconds and stop; a second call does nothing."""
    global _is_shut  # noqa: PLW0603  # see setup
    with _lock:
        pipeline = _running()
        if pipeline is not None:
            _is_shut = True
            _note("shut down")
    if pipeline is not None:
        pipeline.shutdown(timeout)


def status() -> dict[str, Any]:
    """What is running, what was delivered and what was lost, as JSON-serialisable data without secrets."""
    pipeline = _running()
    if pipeline is None:
        last = {} if _pipeline is None else {"ledger": _pipeline.ledger.snapshot()}
        return {"active": False, "available": _is_installed(), "reason": _reason, **last}
    from telemetry.overview import status_of

    return status_of(pipeline)


def _is_installed() -> bool:
    from importlib.util import find_spec

    try:
        return all(find_spec(name) is not None for name in ("sentry_sdk", "opentelemetry.sdk"))
    except (ImportError, ValueError):  # no parent package, or something put in its place
        return False


def settings_help() -> str:
    """All variables that telemetry reads, what they mean and their defaults, as plain text 100 columns wide."""
    from telemetry.configuration.table import rows
    from telemetry.configuration.writing import help_text

    return help_text(rows())


def pseudonym_keys(environ: Mapping[str, str] | None = None) -> Keyring:
    """The keys that make pseudonyms in this environment, whether telemetry is running or not."""
    from telemetry.keyring import Keyring

    return Keyring.from_environ(os.environ if environ is None else environ)


def pseudonym(kind: Kind, name: str) -> str | None:
    """The pseudonym that telemetry would send for a name; None when no key is set and none can be kept."""
    current = pseudonym_keys().current
    return None if current is None else current.pseudonyms.of(kind, name)


def run_doctor(
    arguments: Sequence[str], program: str, *, service: str | None = None, version: str | None = None
) -> int:
    """Examine telemetry in this environment: the command ``doctor``, with its arguments; its exit code."""
    from telemetry.doctor.command import run

    return run(arguments, program, _running, service=service, version=version)


def run_preview(arguments: Sequence[str], program: str) -> int:
    """Show what would leave of an item: the command ``preview``, with its arguments; its exit code."""
    from telemetry.preview.command import run

    return run(arguments, program)


def run_sentry(arguments: Sequence[str], program: str) -> int:
    """What Sentry's own configuration should be, is, and becomes: the command ``sentry``; its exit code."""
    from telemetry.as_code.command import run

    return run(arguments, program)
