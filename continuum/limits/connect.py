"""Where requests are counted: in Redis when there is one, otherwise in the process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from continuum.cache.client import make_client
from continuum.limits.buckets import LocalBuckets, Rate
from continuum.limits.shared import SharedBuckets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from continuum.core.settings import Settings
    from continuum.storage.database import Database

_DEFAULT_BURST_SECONDS: Final = 10


class Limiter(Protocol):
    """Counts requests by name."""

    answers_at_once: ClassVar[bool]
    """Whether it asks nobody else."""

    def take(self, name: str) -> float:
        """0 when one more request may be made now, or else in how many seconds."""


@contextmanager
def open_limiter(settings: Settings, database: Database) -> Iterator[Limiter | None]:
    """The limiter that the settings ask for, None when there is no limit; connects at the first use.

    Raises:
        SettingsError: the client library does not accept ``REDIS_URL``.

    """
    if not settings.rate_limit:
        yield None
        return
    per_second = settings.rate_limit / 60
    burst = settings.rate_burst or max(1, round(per_second * _DEFAULT_BURST_SECONDS))
    rate = Rate(per_second, burst)
    own = LocalBuckets(rate)
    client = None if settings.redis_url is None else make_client(settings.redis_url)
    if client is None:
        yield own
        return
    shared = SharedBuckets(client, database.secret("rate-limit"), rate, own)
    try:
        yield shared
    finally:
        shared.close()
