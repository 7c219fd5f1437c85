"""Token buckets in Redis, which all processes share; without an answer from there, each counts for itself."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, ClassVar, Final

from continuum.cache.breaker import Breaker

if TYPE_CHECKING:
    import redis

    from continuum.limits.buckets import LocalBuckets, Rate

# By the server's clock, which is the same for all processes. Answers the milliseconds to wait.
_TAKE: Final = """
local per_ms, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if kept[1] and kept[2] then
    tokens = math.min(burst, kept[1] + math.max(0, now - kept[2]) * per_ms)
end
local wait = 0
if tokens >= 1 then
    tokens = tokens - 1
else
    wait = math.ceil((1 - tokens) / per_ms)
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%d', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / per_ms) + 1000)
return wait
"""


class SharedBuckets:
    """A bucket for each name; in Redis no name tells whose it is."""

    answers_at_once: ClassVar[bool] = False

    def __init__(self, client: redis.Redis, secret: bytes, rate: Rate, own: LocalBuckets) -> None:
        self._client = client
        self._secret = secret
        self._rate = rate
        self._own = own
        self._script = client.register_script(_TAKE)
        self.breaker = Breaker(of="shared rate limit")

    def take(self, name: str) -> float:
        """Take one request out of the bucket; 0 when there was one, or else in how many seconds there is."""
        if not self.breaker.allows():
            return self._own.take(name)
        hidden = hmac.new(self._secret, name.encode(), hashlib.sha256).hexdigest()
        try:
            wait = self._script(
                keys=[f"continuum:rate:{hidden}"], args=[self._rate.per_second / 1000, self._rate.burst]
            )
            seconds = int(wait) / 1000
        except Exception as error:
            self.breaker.failed(error)
            return self._own.take(name)
        self.breaker.succeeded()
        return seconds

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
