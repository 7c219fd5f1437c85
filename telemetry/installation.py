"""Makes a pipeline the telemetry of this process: the only place that changes what is global."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import threading
from multiprocessing import util
from typing import TYPE_CHECKING

from opentelemetry import _logs, metrics, propagate, trace

from telemetry import detaching, instruments, log_handler, propagation, self_metrics, tasks, threads
from telemetry.gate import meter_provider, side_doors

if TYPE_CHECKING:
    from types import FrameType

    from telemetry.pipeline import Pipeline

logger = logging.getLogger(__name__)


def install(pipeline: Pipeline) -> None:
    """Make a pipeline the process's telemetry: providers, propagators, Sentry client, instrumentations, exits."""
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", instruments.SEMANTIC_CONVENTIONS)
    side_doors.close_side_doors(pipeline.scrubbing)
    meter_provider.close_side_doors(pipeline.metric_gate)
    _install_tracer_provider(pipeline)
    _install_other_providers(pipeline)
    names = pipeline.settings.propagators
    propagate.set_global_textmap(
        propagation.composite(names, pipeline.scrubbing, transactions=pipeline.settings.traces_by_envelope)
    )
    _install_errors(pipeline)
    instruments.activate_all(pipeline)
    detaching.quiet(pipeline.ledger)
    atexit.register(pipeline.shutdown)
    os.register_at_fork(after_in_child=pipeline.after_fork)
    util.register_after_fork(pipeline, _deliver_at_child_exit)
    _deliver_on_sigterm(pipeline)
    pipeline.sender.resume()


def _install_errors(pipeline: Pipeline) -> None:
    """Become the process's Sentry client, and learn of what fails where nobody waits for it."""
    if pipeline.errors is None:
        return
    from telemetry.sentry.amending import amend_events

    pipeline.errors.install()
    amend_events(pipeline.errors, pipeline.guard("event"))
    tasks.watch_tasks(pipeline)
    threads.watch_threads(pipeline)


def _install_tracer_provider(pipeline: Pipeline) -> None:
    """Become the global provider, also when another distribution was started first: its doors are not gated."""
    before = trace.get_tracer_provider()
    trace.set_tracer_provider(pipeline.provider)
    if trace.get_tracer_provider() is pipeline.provider:
        return
    logger.error(
        "telemetry: %s was installed before; its exporters go round the gate, so it was shut down. "
        "Set OTEL_PYTHON_DISTRO=continuum and OTEL_PYTHON_CONFIGURATOR=continuum",
        type(before).__name__,
    )
    with pipeline.guard("foreign provider"):
        getattr(before, "shutdown", lambda: None)()
    trace._TRACER_PROVIDER = pipeline.provider  # noqa: SLF001  # the API sets it once; failing closed needs twice


def _install_other_providers(pipeline: Pipeline) -> None:
    """Become the global logger and meter provider where nobody is; what is there stands behind the gate."""
    if pipeline.logs is not None:
        _logs.set_logger_provider(pipeline.logs)
        if pipeline.settings.wants_log_lines:
            log_handler.attach(pipeline.logs, pipeline.ledger)
    if pipeline.metrics is not None:
        metrics.set_meter_provider(pipeline.metrics)
        meter = pipeline.metrics.get_meter(self_metrics.SCOPE)
        self_metrics.register(meter, pipeline.ledger, pipeline.sender.waiting)


def _deliver_at_child_exit(pipeline: Pipeline) -> None:
    """In a child of multiprocessing, which ends without calling what atexit knows."""
    util.Finalize(pipeline, pipeline.shutdown, exitpriority=0)


def _deliver_on_sigterm(pipeline: Pipeline) -> None:
    """Deliver before SIGTERM ends a process that has no handler of its own.

    Servers put theirs in while they run and raise the signal again when they are done; this one is next.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def deliver_then_end(number: int, _frame: FrameType | None) -> None:
        pipeline.shutdown()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, deliver_then_end)
