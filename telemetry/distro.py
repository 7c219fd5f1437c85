"""The entry points that `opentelemetry-instrument` starts; the same set-up as ``telemetry.setup()``."""

from __future__ import annotations

from typing import Any

from opentelemetry.instrumentation.distro import BaseDistro  # type: ignore[attr-defined]  # untyped

import telemetry


class ContinuumDistro(BaseDistro):  # type: ignore[misc]  # upstream's base class is untyped
    """Entry point ``continuum`` of ``opentelemetry_distro``."""

    def _configure(self, **kwargs: Any) -> None:
        """Nothing to prepare: the configurator reads all settings."""

    def load_instrumentor(self, entry_point: Any, **kwargs: Any) -> None:
        """Load one of the installed instrumentations, unless it is ours, runs already, or telemetry is off."""
        from telemetry.instruments import INSTRUMENTS

        if telemetry.is_active() and entry_point.name not in INSTRUMENTS:
            super().load_instrumentor(entry_point, **kwargs)


class ContinuumConfigurator:
    """Entry point ``continuum`` of ``opentelemetry_configurator``."""

    def configure(self, **_kwargs: Any) -> None:
        """Read the settings, build the pipeline and install it."""
        telemetry.setup()
