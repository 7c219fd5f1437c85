"""The entry points that `opentelemetry-instrument` starts; the same set-up as ``telemetry.setup()``."""

from __future__ import annotations

import logging
from typing import Any

from opentelemetry.instrumentation.distro import BaseDistro  # type: ignore[attr-defined]  # untyped

import telemetry

_LOADER = "opentelemetry.instrumentation.auto_instrumentation._load"
_NO_NEWS = "Configuration of %s not loaded because %s is set by %s"


def _is_no_news(record: logging.LogRecord) -> bool:
    """Let everything of the launcher's loader through but that our own choice was honoured."""
    return record.msg != _NO_NEWS


class ContinuumDistro(BaseDistro):  # type: ignore[misc]  # upstream's base class is untyped
    """Entry point ``continuum`` of ``opentelemetry_distro``."""

    def _configure(self, **kwargs: Any) -> None:  # noqa: ARG002  # the base class's signature
        """Keep the launcher from warning at each start that the other configurator was not taken."""
        logging.getLogger(_LOADER).addFilter(_is_no_news)

    def load_instrumentor(self, entry_point: Any, **kwargs: Any) -> None:
        """Load one of the installed instrumentations, unless it is ours, runs already, or telemetry is off."""
        if not telemetry.is_active():
            return
        from telemetry.instruments import INSTRUMENTS

        if entry_point.name not in INSTRUMENTS:
            super().load_instrumentor(entry_point, **kwargs)


class ContinuumConfigurator:
    """Entry point ``continuum`` of ``opentelemetry_configurator``."""

    def configure(self, **_kwargs: Any) -> None:
        """Read the settings, build the pipeline and install it."""
        telemetry.setup()
