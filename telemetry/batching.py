"""How items are queued and batched before they are sent: the standard ``OTEL_BSP_*`` and ``OTEL_BLRP_*``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telemetry.environment import milliseconds, whole

if TYPE_CHECKING:
    from telemetry.environment import Environment

_PREFIXES: Final = {"traces": "OTEL_BSP_", "logs": "OTEL_BLRP_"}


@dataclass(frozen=True)
class Batching:
    """One signal's queue."""

    most: int = 4096
    """MAX_QUEUE_SIZE: items that wait for the gate; more are counted as lost."""
    batch: int = 512
    """MAX_EXPORT_BATCH_SIZE: items in one body, fewer when they are large."""
    delay: float = 1.0
    """SCHEDULE_DELAY, in milliseconds there: seconds until a batch goes out although it isn't full."""
    timeout: float = 30.0
    """EXPORT_TIMEOUT, in milliseconds there: seconds for one exchange with a collector, at most."""

    @classmethod
    def of(cls, env: Environment, signal: str) -> Batching:
        """The queue that an environment asks for; for metrics there are no variables."""
        prefix = _PREFIXES.get(signal)
        if prefix is None:  # what is collected comes all at once
            return cls(most=65_536, batch=4_096)
        most = env.first(
            f"{signal}_queue",
            f"{prefix}MAX_QUEUE_SIZE",
            parse=whole(1, 1_000_000),
            accepted="a whole number from 1 to 1000000",
            otherwise=cls.most,
        )
        batch = env.first(
            f"{signal}_batch",
            f"{prefix}MAX_EXPORT_BATCH_SIZE",
            parse=whole(1, 100_000),
            accepted="a whole number from 1 to 100000",
            otherwise=cls.batch,
        )
        delay = env.first(
            f"{signal}_delay",
            f"{prefix}SCHEDULE_DELAY",
            parse=milliseconds,
            accepted="milliseconds from 1 to 300000",
            otherwise=cls.delay,
        )
        timeout = env.first(
            f"{signal}_export_timeout",
            f"{prefix}EXPORT_TIMEOUT",
            parse=milliseconds,
            accepted="milliseconds from 1 to 300000",
            otherwise=cls.timeout,
        )
        return cls(most, min(batch, most), delay, timeout)
