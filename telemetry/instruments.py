"""Which auto-instrumentations run, with which arguments, and why not."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from telemetry import boundary

if TYPE_CHECKING:
    from telemetry.pipeline import Pipeline

logger = logging.getLogger(__name__)

INSTRUMENTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    # Without exclude_spans each request makes two more spans that say nothing.
    "fastapi": (
        "opentelemetry.instrumentation.fastapi:FastAPIInstrumentor",
        {"exclude_spans": ["receive", "send"]},
    ),
    "sqlalchemy": ("opentelemetry.instrumentation.sqlalchemy:SQLAlchemyInstrumentor", {}),
    "redis": ("opentelemetry.instrumentation.redis:RedisInstrumentor", {}),
    "asyncio": ("opentelemetry.instrumentation.asyncio:AsyncioInstrumentor", {}),
}
SEMANTIC_CONVENTIONS: Final = "http,database"
"""The stable ones; the instrumentations' default is the old ones, whose URLs hold whole query strings."""


def activate_all(pipeline: Pipeline) -> None:
    """Run those of our instrumentations that can run; the rest are noted with a reason."""
    for name in INSTRUMENTS:
        if pipeline.instruments.get(name) != "on":
            pipeline.instruments[name] = _activate(name, pipeline)


def _activate(name: str, pipeline: Pipeline) -> str:
    disabled = pipeline.settings.disabled_instrumentations
    if name in disabled or "*" in disabled:
        return "switched off by OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
    path, arguments = INSTRUMENTS[name]
    module, _, attribute = path.partition(":")
    try:
        instrumentor = getattr(import_module(module), attribute)()
        conflict = instrumentor._check_dependency_conflicts()  # noqa: SLF001  # the only way to learn why not
        if conflict:
            logger.error("telemetry: no %s spans: %s", name, conflict)
            return str(conflict)
        if instrumentor.is_instrumented_by_opentelemetry:
            # Somebody else's set-up came first, perhaps with a provider that isn't gated.
            instrumentor.uninstrument()
        instrumentor.instrument(tracer_provider=pipeline.provider, skip_dep_check=True, **arguments)
        if name == "fastapi":
            boundary.stand_in(pipeline)
    except ModuleNotFoundError as error:
        return f"{error.name} is not installed"
    except Exception as error:
        logger.exception("telemetry: no %s spans", name)
        return f"failed: {type(error).__name__}"
    return "on"
