"""The foreign application as one that sets telemetry up by itself, without the launcher."""

from __future__ import annotations

import telemetry

telemetry.setup(service="own", version="1.0.0")

from foreign import app  # noqa: E402  # FastAPI is instrumented before it is imported

__all__ = ["app"]
