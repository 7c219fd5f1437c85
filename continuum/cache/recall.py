"""A read-through cache of recall in Redis, which may fail at any time without being noticed by a caller.

Each tenant has one hash. Its fields are answers, named by the tenant's revision, the question and the limit
under a secret key, so that no name in Redis tells a tenant or a question. The revision is counted in the
database, in the transaction that changes memories: an answer from before a change is never given after it,
whatever Redis missed. Learning and forgetting also delete the whole hash, so that a forgotten text leaves
Redis at once.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from continuum.cache.breaker import Breaker
from continuum.core.errors import CacheError
from continuum.core.records import Recalled

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from continuum.core.tenancy import Tenant

LIFETIME_SECONDS = 300
# A tenant that asks a thousand different questions without learning anything gets a fresh hash.
MAX_ANSWERS = 1000

_ANSWER = TypeAdapter(Recalled)


class RecallCache:
    """Answers of recall, kept in Redis until the tenant's memories change or five minutes have passed."""

    def __init__(self, client: redis.Redis, secret: bytes, breaker: Breaker | None = None) -> None:
        self._client = client
        self._secret = secret
        self.breaker = breaker or Breaker()
        self.hits = 0
        self.misses = 0

    def get(self, tenant: Tenant, revision: int, question: str, limit: int) -> Recalled | None:
        """The answer given before for the same revision, or None."""
        field = self._field(revision, question, limit)
        payload = self._attempt(lambda: self._client.hget(self._hash(tenant), field))
        if payload is None:
            self.misses += 1
            return None
        try:
            answer = _ANSWER.validate_json(payload)
        except ValidationError:
            # pydantic's error quotes its input, which is memory text: it must not become the cause.
            self.breaker.failed(CacheError("the cached answer can't be read"))
            return None
        self.hits += 1
        return answer

    def put(self, tenant: Tenant, revision: int, question: str, limit: int, answer: Recalled) -> None:
        """Keep an answer."""
        name, field, payload = (
            self._hash(tenant),
            self._field(revision, question, limit),
            _ANSWER.dump_json(answer),
        )
        self._attempt(lambda: self._store(name, field, payload))

    def forget(self, tenant: Tenant) -> None:
        """Delete all answers of a tenant, after its memories changed."""
        self._attempt(lambda: self._client.delete(self._hash(tenant)))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _store(self, name: str, field: str, payload: bytes) -> None:
        pipeline = self._client.pipeline()
        pipeline.hlen(name)
        pipeline.ttl(name)
        size, seconds_left = pipeline.execute()
        if size >= MAX_ANSWERS:
            pipeline.delete(name)
        pipeline.hset(name, field, payload)
        # Only a new hash gets a lifetime: renewing it with each answer would keep answers for ever.
        if seconds_left < 0 or size >= MAX_ANSWERS:
            pipeline.expire(name, LIFETIME_SECONDS)
        pipeline.execute()

    def _attempt(self, action: Callable[[], Any]) -> Any:
        if not self.breaker.allows():
            return None
        try:
            result = action()
        except Exception as error:
            self.breaker.failed(error)
            return None
        self.breaker.succeeded()
        return result

    def _hash(self, tenant: Tenant) -> str:
        return "continuum:recall:" + self._digest(f"tenant\0{tenant.number}")

    def _field(self, revision: int, question: str, limit: int) -> str:
        return self._digest(f"answer 2\0{revision}\0{limit}\0{question}")

    def _digest(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()
