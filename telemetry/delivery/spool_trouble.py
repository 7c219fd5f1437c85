"""What is wrong with a spool: counted each time, said once, in words without a path or a name."""

from __future__ import annotations

import errno
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class Troubles:
    """Takes what went wrong. ``on_fault`` is told it each time, the log the first time.

    Args:
        on_fault: counts it.
        warned: the reasons that were said already, for spools that share a disk.

    """

    def __init__(self, on_fault: Callable[[str], None], warned: set[str] | None = None) -> None:
        self._on_fault = on_fault
        self._reported: set[str] = set()
        self._warned = set() if warned is None else warned

    def report(self, trouble: str) -> None:
        """Count a fault each time; say what is wrong once."""
        self._on_fault(f"spool: {trouble}")
        self._reported.add(trouble)
        why = trouble.rpartition(": ")[2]
        if why not in self._warned:
            self._warned.add(why)
            logger.warning("telemetry: disk spool: %s", trouble)

    def report_once(self, trouble: str) -> None:
        """For what is met again at every look."""
        if trouble not in self._reported:
            self.report(trouble)


def reason(error: OSError) -> str:
    """Why the system refused something, or we did."""
    return errno.errorcode.get(error.errno, "OSError") if error.errno else str(error)
