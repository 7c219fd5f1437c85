"""Starts a pipeline again that was shut down, in the same process and with the same settings.

Its providers, instrumentations and clients are in many hands and can't be replaced; its delivery can begin anew.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from telemetry.pipeline import Pipeline

_THREADS: Final = "continuum-telemetry"
PATIENCE: Final = 2.0
"""Seconds to wait for threads that end."""


def reopen(pipeline: Pipeline) -> bool:
    """Let a pipeline deliver again; False when a thread of its former life hasn't ended yet."""
    deadline = time.monotonic() + PATIENCE
    for thread in threading.enumerate():
        if thread.name.startswith(_THREADS) and thread is not threading.current_thread():
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                return False
    pipeline.stay()
    pipeline.sender.start_anew()
    pipeline.sender.resume()
    return True
