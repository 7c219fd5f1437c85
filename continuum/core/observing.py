"""Under which name this application is observed."""

from __future__ import annotations

import telemetry
from continuum import __version__


def start_telemetry(*, short_lived: bool = False) -> bool:
    """Start the telemetry that the environment asks for; True when it runs. Later calls change nothing.

    Args:
        short_lived: for a command, whose end a person waits for; never for the server.

    """
    return telemetry.setup(service="continuum", version=__version__, short_lived=short_lived)
