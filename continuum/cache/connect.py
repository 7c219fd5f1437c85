"""Whether recall is cached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from continuum.cache.client import make_client

if TYPE_CHECKING:
    from continuum.cache.recall import RecallCache
    from continuum.core.settings import Settings
    from continuum.storage.database import Database


def connect_cache(settings: Settings, database: Database) -> RecallCache | None:
    """The cache that the settings ask for; None when they don't, or when the client library is missing.

    Connects at the first use, not here: a service whose cache is down starts nevertheless.

    Raises:
        SettingsError: the client library does not accept ``REDIS_URL``.

    """
    if settings.redis_url is None or not settings.caches_recall:
        return None
    client = make_client(settings.redis_url)
    if client is None:
        return None
    # Late, because it needs pydantic, which the command line does without.
    from continuum.cache.recall import RecallCache

    return RecallCache(client, database.secret("recall-cache"))
