"""Whether there is a cache, and how long it may take to answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from continuum.core.errors import SettingsError

if TYPE_CHECKING:
    from continuum.cache.recall import RecallCache
    from continuum.core.settings import Settings
    from continuum.storage.database import Database

logger = logging.getLogger(__name__)

# A recall takes about a millisecond without a cache: one that takes longer than this is no help.
CONNECT_SECONDS = 0.1
ANSWER_SECONDS = 0.1


def connect_cache(settings: Settings, database: Database) -> RecallCache | None:
    """The cache that the settings ask for; None when they don't, or when the client library is missing.

    Connects at the first use, not here: a service whose cache is down starts nevertheless.

    Raises:
        SettingsError: the client library does not accept ``REDIS_URL``.

    """
    if settings.redis_url is None or not settings.cache_enabled:
        return None
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        logger.warning(
            "REDIS_URL is set but redis is not installed: no recall cache (install continuum-memory[redis])"
        )
        return None
    # Late, because it needs pydantic, which the command line does without.
    from continuum.cache.recall import RecallCache

    try:
        client = redis.Redis.from_url(
            settings.redis_url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            # One retry, at once, for a connection that the server closed meanwhile; the default is ten.
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:
        # The library's message may quote the URL, password and all: no cause.
        raise SettingsError(
            "REDIS_URL must have the form redis://[user:password@]host[:port][/number]"
        ) from None
    return RecallCache(client, database.secret("recall-cache"))
