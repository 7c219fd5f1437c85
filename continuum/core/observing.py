"""Under which name this application is observed."""

from __future__ import annotations

import telemetry
from continuum import __version__


def start_telemetry() -> bool:
    """Start the telemetry that the environment asks for; True when it runs. Later calls change nothing."""
    return telemetry.setup(service="continuum", version=__version__)
