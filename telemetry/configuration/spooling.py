"""Whether and where what can't be sent waits on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telemetry.configuration.environment import Reading
from telemetry.configuration.forms import ABSOLUTE_PATH, TRUE_OR_FALSE, absolute_path, flag, whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from telemetry.configuration.environment import Environment

_PREFIX: Final = "CONTINUUM_TELEMETRY_SPOOL"


@dataclass(frozen=True)
class Spooling:
    """The disk spool's settings; what is written there has passed the gate."""

    enabled: bool | None = None
    """CONTINUUM_TELEMETRY_SPOOL: whether what can't be sent waits on disk; when not set, it does, but not for
    the CLI's commands."""
    directory: Path | None = None
    """CONTINUUM_TELEMETRY_SPOOL_DIR: where; in the user's data directory when not set."""
    most_bytes: int = 64 << 20
    """CONTINUUM_TELEMETRY_SPOOL_MAX_BYTES: for each destination; the oldest make room for the newest."""
    longest_kept: int = 86_400
    """CONTINUUM_TELEMETRY_SPOOL_MAX_AGE: seconds after which what waits expires."""

    @classmethod
    def of(cls, env: Environment) -> Spooling:
        """The spool that an environment asks for."""
        return cls(**{name: env.read(reading, getattr(cls, name)) for name, reading in SPOOLED.items()})


SPOOLED: Final[Mapping[str, Reading]] = {
    "enabled": Reading("spool", (_PREFIX,), flag, TRUE_OR_FALSE),
    "directory": Reading("spool_directory", (f"{_PREFIX}_DIR",), absolute_path, ABSOLUTE_PATH),
    "most_bytes": Reading(
        "spool_bytes", (f"{_PREFIX}_MAX_BYTES",), whole(65_536, 1 << 40), "whole bytes from 65536"
    ),
    "longest_kept": Reading(
        "spool_age",
        (f"{_PREFIX}_MAX_AGE",),
        whole(1, 30 * 86_400),
        "whole seconds from 1 to 2592000",
    ),
}
"""How each attribute is read."""
