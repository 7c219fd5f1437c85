"""Installs a pipeline in the process of the tests, and takes it out again as far as that goes."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from telemetry.pipeline import Pipeline


@contextlib.contextmanager
def installed(environ: Mapping[str, str]) -> Iterator[None]:
    """Telemetry as ``telemetry.setup()`` starts it from ``environ``; what it replaced is put back at the end.

    Raises:
        RuntimeError: when telemetry runs already, or couldn't be started, with the reason.

    """
    import telemetry

    if telemetry.is_active():
        raise RuntimeError(
            "Telemetry runs already in this process, and leads elsewhere: start the application in a "
            "subprocess with wire.environ()."
        )
    with contextlib.ExitStack() as undo:
        for keep in (_keep_opentelemetry, _keep_sentry, _keep_fastapi, _keep_process):
            undo.callback(keep())
        telemetry.setup(environ=environ)
        pipeline = telemetry._pipeline  # noqa: SLF001  # the switch is ours, and has no public way back
        if pipeline is None:
            raise RuntimeError(f"Telemetry didn't start: {telemetry.status()['reason']}")
        undo.callback(_stop, pipeline)
        yield


def _stop(pipeline: Pipeline) -> None:
    import telemetry
    from telemetry.instruments import INSTRUMENTS

    pipeline.shutdown()
    atexit.unregister(pipeline.shutdown)
    telemetry._pipeline = None  # noqa: SLF001  # see above
    for name, target in INSTRUMENTS.items():
        # FastAPI's is put into applications one by one, and stays in those.
        if pipeline.instruments.get(name) == "on" and name != "fastapi":
            module, _, attribute = target.partition(":")
            getattr(import_module(module), attribute)().uninstrument()


def _keep_opentelemetry() -> Callable[[], None]:
    from opentelemetry import propagate

    textmap = propagate.get_global_textmap()
    names = {
        "opentelemetry.trace": "_TRACER_PROVIDER",
        "opentelemetry._logs._internal": "_LOGGER_PROVIDER",
        "opentelemetry.metrics._internal": "_METER_PROVIDER",
    }
    # There is no public way back.
    kept = [
        (module, name, getattr(module, name), getattr(module, f"{name}_SET_ONCE")._done)  # noqa: SLF001
        for module, name in ((import_module(module), name) for module, name in names.items())
    ]

    storage: Any = import_module(
        "opentelemetry.sdk.metrics._internal.metric_reader_storage"
    ).MetricReaderStorage
    reader: Any = import_module("opentelemetry.sdk.metrics.export").MetricReader
    collect, read = storage.collect, reader.collect

    def put_back() -> None:
        from telemetry import log_handler
        from telemetry.gate import side_doors

        for module, name, provider, done in kept:
            setattr(module, name, provider)
            getattr(module, f"{name}_SET_ONCE")._done = done  # noqa: SLF001  # see above
        propagate.set_global_textmap(textmap)
        log_handler.detach()
        side_doors.open_side_doors()
        storage.collect, reader.collect = collect, read

    return put_back


def _keep_sentry() -> Callable[[], None]:
    try:
        import sentry_sdk
        from sentry_sdk import client, scope
    except ModuleNotFoundError:
        return lambda: None
    sdk: Any = client
    scopes: Any = scope
    before = sentry_sdk.get_global_scope().client
    make_transport = sdk.make_transport
    ids = scopes._external_propagation_context_fn  # noqa: SLF001  # the SDK offers to remove it only
    processors = list(scopes.global_event_processors)

    def put_back() -> None:
        sentry_sdk.get_global_scope().set_client(before)
        sdk.make_transport = make_transport
        scopes._external_propagation_context_fn = ids  # noqa: SLF001  # see above
        scopes.global_event_processors[:] = processors

    return put_back


def _keep_fastapi() -> Callable[[], None]:
    from fastapi import FastAPI

    build = FastAPI.build_middleware_stack

    def put_back() -> None:
        FastAPI.build_middleware_stack = build  # type: ignore[method-assign]  # as it was

    return put_back


def _keep_process() -> Callable[[], None]:
    variable = "OTEL_SEMCONV_STABILITY_OPT_IN"
    opted = os.environ.get(variable)
    handler = signal.getsignal(signal.SIGTERM)

    def put_back() -> None:
        if opted is None:
            os.environ.pop(variable, None)
        else:
            os.environ[variable] = opted
        # None is a handler that isn't Python's, which telemetry leaves alone, too.
        if handler is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)

    return put_back
