"""How items are queued and batched before they are sent: the standard ``OTEL_BSP_*`` and ``OTEL_BLRP_*``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telemetry.configuration.environment import Reading
from telemetry.configuration.forms import MILLISECONDS, milliseconds, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telemetry.configuration.environment import Environment

_PREFIXES: Final = {"traces": "OTEL_BSP_", "logs": "OTEL_BLRP_"}


@dataclass(frozen=True)
class Batching:
    """One signal's queue."""

    most: int = 4096
    """MAX_QUEUE_SIZE: items that wait for the gate; more are counted as lost."""
    batch: int = 512
    """MAX_EXPORT_BATCH_SIZE: items in one body, fewer when they are large."""
    delay: float = 1.0
    """SCHEDULE_DELAY, in milliseconds: the time until a batch goes out although it isn't full."""
    timeout: float = 30.0
    """EXPORT_TIMEOUT, in milliseconds: the time for one exchange with a collector, at most."""

    @classmethod
    def of(cls, env: Environment, signal: str) -> Batching:
        """The queue that an environment asks for; for metrics there are no variables."""
        readings = cls.readings(signal)
        if not readings:  # what is collected comes all at once
            return cls(most=65_536, batch=4_096)
        read = {name: env.read(reading, getattr(cls, name)) for name, reading in readings.items()}
        return cls(**read | {"batch": min(read["batch"], read["most"])})

    @staticmethod
    def readings(signal: str) -> Mapping[str, Reading]:
        """How each attribute is read for a signal."""
        prefix = _PREFIXES.get(signal)
        if prefix is None:
            return {}
        rows = (
            ("most", "MAX_QUEUE_SIZE", "queue", whole(1, 1_000_000), "a whole number from 1 to 1000000"),
            ("batch", "MAX_EXPORT_BATCH_SIZE", "batch", whole(1, 100_000), "a whole number from 1 to 100000"),
            ("delay", "SCHEDULE_DELAY", "delay", milliseconds, MILLISECONDS),
            ("timeout", "EXPORT_TIMEOUT", "export_timeout", milliseconds, MILLISECONDS),
        )
        return {
            attribute: Reading(f"{signal}_{setting}", (prefix + name,), parse, accepted)
            for attribute, name, setting, parse, accepted in rows
        }
