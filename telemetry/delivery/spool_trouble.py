"""What is wrong with a spool: counted each time, said once, in words without a path or a name."""

from __future__ import annotations

import errno
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class Troubles:
    """Takes what went wrong. ``on_fault`` is told it each time, the log the first time."""

    def __init__(self, on_fault: Callable[[str], None]) -> None:
        self._on_fault = on_fault
        self._warned: set[str] = set()

    def report(self, trouble: str) -> None:
        """Count a fault each time; say what is wrong once."""
        self._on_fault(f"spool: {trouble}")
        if trouble not in self._warned:
            self._warned.add(trouble)
            logger.warning("telemetry: disk spool: %s", trouble)

    def report_once(self, trouble: str) -> None:
        """For what is met again at every look."""
        if trouble not in self._warned:
            self.report(trouble)


def reason(error: OSError) -> str:
    """Why the system refused something, or we did."""
    return errno.errorcode.get(error.errno, "OSError") if error.errno else str(error)
