"""Loads code whose words a running application would know: its own, and that of its instrumentations."""

from __future__ import annotations

import importlib
import os
from contextlib import suppress
from typing import Any, Final

_INSTRUMENTATIONS: Final = ("asyncio", "fastapi", "redis", "sqlalchemy")


def load(place: str) -> tuple[str, ...]:
    """Import ``module`` or ``module:attribute`` and give the route templates of the application there.

    Raises:
        ValueError: there is no such module or attribute, or it can't be imported.
        ModuleNotFoundError: reading routes needs the extra ``monitoring``.

    """
    # A preview sends nothing; an application that starts telemetry when it is imported finds it off.
    os.environ["OTEL_SDK_DISABLED"] = "true"
    os.environ.pop("SENTRY_DSN", None)
    module_name, _, attribute = place.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        if attribute:
            found = getattr(found, attribute)
    except Exception as error:
        raise ValueError(
            f"the application can't be loaded ({type(error).__name__}); expected module or module:attribute"
        ) from error
    if not hasattr(found, "routes"):
        return ()
    from telemetry.boundary import _templates  # the service's own reading of routes

    return tuple(_templates(found))


def load_instrumentations() -> None:
    """Import the modules that make spans: they are loaded in an application that has telemetry."""
    for name in _INSTRUMENTATIONS:
        with suppress(ImportError):  # what it instruments isn't installed
            importlib.import_module(f"opentelemetry.instrumentation.{name}")
