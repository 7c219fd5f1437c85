"""The Redis client: how long a server may take to answer, and how often it is asked again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from continuum.core.errors import SettingsError

if TYPE_CHECKING:
    import redis

logger = logging.getLogger(__name__)

# What is asked there takes a millisecond or two here: an answer that takes longer than this is no help.
SOCKET_SECONDS: Final = 0.05


def make_client(url: str) -> redis.Redis | None:
    """A client that connects when it is first used; None, and a line in the log, without the library.

    Raises:
        SettingsError: the library does not accept ``REDIS_URL``.

    """
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        logger.warning(
            "REDIS_URL is set but redis is not installed: nothing is cached, and each process counts for itself"
            " (install continuum-memory[redis])"
        )
        return None
    try:
        client = redis.Redis.from_url(url)
        pool = client.connection_pool
        # After the URL's own options, which would win otherwise: no request waits longer because of one.
        pool.connection_kwargs |= {
            "socket_connect_timeout": SOCKET_SECONDS,
            "socket_timeout": SOCKET_SECONDS,
            # Once more, at once, on a connection that the server closed meanwhile, and never after a timeout;
            # the library's default is ten times, with pauses.
            "retry": Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            "retry_on_timeout": False,
            "retry_on_error": [],
            "decode_responses": False,
        }
        # Connects nowhere, but refuses options that it doesn't know; the pool would do that at each use.
        pool.connection_class(**pool.connection_kwargs)
    except (ValueError, TypeError):
        # The library's message may quote the URL, password and all: no cause.
        raise SettingsError(
            "REDIS_URL must have the form redis://[user:password@]host[:port][/number]"
        ) from None
    return client
