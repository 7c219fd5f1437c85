"""Quiets one line of OpenTelemetry's API: a span that is current across a ``yield`` of a streamed response.

Servers run each step of a synchronous generator in a context of its own, so that the span can't be taken off
the context that it was put on. Nothing is lost by it, and the traceback for each step helps nobody.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from telemetry.ledger import Ledger

_LOGGER: Final = "opentelemetry.context"
_LINE: Final = "Failed to detach context"


class DetachFilter(logging.Filter):
    """Keeps the line to itself and counts it."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything else through."""
        kind = (record.exc_info or (None,))[0]
        if record.msg != _LINE or kind is not ValueError:
            return True
        self._ledger.fault("span that was current across a yield")
        return False


def quiet(ledger: Ledger) -> None:
    """Filter the API's logger; a filter of an earlier pipeline is replaced."""
    logger = logging.getLogger(_LOGGER)
    for before in [known for known in logger.filters if isinstance(known, DetachFilter)]:
        logger.removeFilter(before)
    logger.addFilter(DetachFilter(ledger))
