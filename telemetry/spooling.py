"""Whether and where what can't be sent waits on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from telemetry.environment import flag, whole

if TYPE_CHECKING:
    from telemetry.environment import Environment


@dataclass(frozen=True)
class Spooling:
    """The disk spool's settings; what is written there has passed the gate."""

    enabled: bool | None = None
    """CONTINUUM_TELEMETRY_SPOOL: ``true`` or ``false``; when not set, on, but off for the CLI's commands."""
    directory: Path | None = None
    """CONTINUUM_TELEMETRY_SPOOL_DIR: an absolute path; the user's data directory when not set."""
    most_bytes: int = 64 << 20
    """CONTINUUM_TELEMETRY_SPOOL_MAX_BYTES: for each destination; the oldest make room for the newest."""
    longest_kept: float = 86_400.0
    """CONTINUUM_TELEMETRY_SPOOL_MAX_AGE: seconds after which what waits expires."""

    @classmethod
    def of(cls, env: Environment) -> Spooling:
        """The spool that an environment asks for."""
        prefix = "CONTINUUM_TELEMETRY_SPOOL"
        most, longest = whole(65_536, 1 << 40), whole(1, 30 * 86_400)
        return cls(
            env.first("spool", prefix, parse=flag, accepted="true or false", otherwise=cls.enabled),
            env.first(
                "spool_directory",
                f"{prefix}_DIR",
                parse=_absolute,
                accepted="an absolute path",
                otherwise=cls.directory,
            ),
            env.first(
                "spool_bytes",
                f"{prefix}_MAX_BYTES",
                parse=most,
                accepted="whole bytes from 65536",
                otherwise=cls.most_bytes,
            ),
            float(
                env.first(
                    "spool_age",
                    f"{prefix}_MAX_AGE",
                    parse=longest,
                    accepted="whole seconds from 1 to 2592000",
                    otherwise=int(cls.longest_kept),
                )
            ),
        )


def _absolute(raw: str) -> Path:
    path = Path(raw)
    if not path.is_absolute():
        raise ValueError("relative")
    return path
