"""Which auto-instrumentations run, with which arguments, and why not."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.metrics import NoOpMeterProvider

from telemetry import boundary, database_spans, unrecorded

if TYPE_CHECKING:
    from telemetry.pipeline import Pipeline

logger = logging.getLogger(__name__)

INSTRUMENTS: Final = {
    "fastapi": "opentelemetry.instrumentation.fastapi:FastAPIInstrumentor",
    "sqlalchemy": "opentelemetry.instrumentation.sqlalchemy:SQLAlchemyInstrumentor",
    "redis": "opentelemetry.instrumentation.redis:RedisInstrumentor",
    "asyncio": "opentelemetry.instrumentation.asyncio:AsyncioInstrumentor",
}
SEMANTIC_CONVENTIONS: Final = "http,database"
"""The stable ones; the instrumentations' default is the old ones, whose URLs hold whole query strings."""


def activate_all(pipeline: Pipeline) -> None:
    """Run those of our instrumentations that can run; the rest are noted with a reason."""
    for name in INSTRUMENTS:
        if pipeline.instruments.get(name) != "on":
            pipeline.instruments[name] = _activate(name, pipeline)


def _activate(name: str, pipeline: Pipeline) -> str:
    """Run one instrumentation: ``on``, or the reason why not."""
    disabled = pipeline.settings.disabled_instrumentations
    module, _, attribute = INSTRUMENTS[name].partition(":")
    try:
        if name in disabled or "*" in disabled:
            if name == "fastapi":  # without spans, but errors are still captured
                boundary.stand_in(pipeline, None)
            return "switched off by OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
        instrumentor = getattr(import_module(module), attribute)()
        conflict = instrumentor._check_dependency_conflicts()  # noqa: SLF001  # the only way to learn why not
        if conflict:
            logger.error("telemetry: no %s spans: %s", name, conflict)
            return str(conflict)
        if instrumentor.is_instrumented_by_opentelemetry:
            # Somebody else's set-up came first, perhaps with a provider that isn't gated.
            instrumentor.uninstrument()
        if name == "fastapi":
            boundary.stand_in(pipeline, lambda app: _instrument_application(instrumentor, app, pipeline))
        else:
            _spare(name, pipeline)
            instrumentor.instrument(**_providers(pipeline), skip_dep_check=True)
    except ModuleNotFoundError as error:
        return f"{error.name} is not installed"
    except Exception as error:
        logger.exception("telemetry: no %s spans", name)
        return f"failed: {type(error).__name__}"
    return "on"


def _spare(name: str, pipeline: Pipeline) -> None:
    with pipeline.guard("unrecorded"):  # it only saves time
        if name == "sqlalchemy":
            database_spans.trace_dialects(pipeline.guard("database spans"))
        elif name == "redis":
            unrecorded.spare_redis()


def _instrument_application(instrumentor: Any, app: Any, pipeline: Pipeline) -> None:
    """One application's middleware, without the two spans a request that say nothing.

    The instrumentor's own way, replacing the class, misses applications whose module was imported before.
    """
    instrumentor.instrument_app(app, **_providers(pipeline), exclude_spans=["receive", "send"])


def _providers(pipeline: Pipeline) -> dict[str, Any]:
    """Ours, and for measurements none that measures when nobody takes them."""
    meters = NoOpMeterProvider() if pipeline.metrics is None else pipeline.metrics
    return {"tracer_provider": pipeline.provider, "meter_provider": meters}
