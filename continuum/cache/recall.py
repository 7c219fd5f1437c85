"""A read-through cache of recall in Redis, which may fail at any time without being noticed by a caller.

Each tenant has one hash. Its fields are answers, named by the tenant's revision, the question and the limit
under a secret key, so that no name in Redis tells a tenant or a question. The revision is the generation: it is
counted in the database, by the transaction that changes memories, and so is a new one for everybody from the
moment of its commit. An answer from before a change is never given after it, whatever Redis missed. Learning
and forgetting also delete the whole hash, so that a forgotten text leaves Redis at once; where Redis can't be
reached at that moment, the hash is deleted when it can again, and has gone after its lifetime in any case.
"""

from __future__ import annotations

import hashlib
import hmac
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from continuum.cache.breaker import Breaker
from continuum.cache.flight import SingleFlight
from continuum.cache.told import Told
from continuum.core.boundary import report_foreign
from continuum.core.errors import CacheError
from continuum.core.records import Recalled

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from continuum.core.tenancy import Tenant

LIFETIME_SECONDS: Final = 300
# Up to a tenth less: what was kept in one moment is not missed in one moment.
JITTER: Final = 0.1
# A tenant that asks a thousand different questions without learning anything gets a fresh hash.
MAX_ANSWERS = 1000
_MOST_OWED: Final = 10_000
_FAILED: Final = object()
_OWNER_LENGTH: Final = 64

_ANSWER = TypeAdapter(Recalled)


class RecallCache:
    """Answers of recall, kept in Redis until the tenant's memories change or five minutes have passed."""

    def __init__(self, client: redis.Redis, secret: bytes, breaker: Breaker | None = None) -> None:
        self._client = client
        self._secret = secret
        self._flights: SingleFlight[Recalled] = SingleFlight()
        # Hashes that should have been deleted while Redis didn't answer.
        self._owed: set[str] = set()
        self.breaker = breaker or Breaker()
        self._told = Told()
        self.hits = 0
        self.misses = 0

    def read_through(
        self, tenant: Tenant, revision: int, question: str, limit: int, work: Callable[[], Recalled]
    ) -> Recalled:
        """The answer given before for the same revision, or that of ``work``, which is kept.

        Args:
            tenant: whose memories.
            revision: the tenant's, read before; ``work`` reads memories of this or a later one.
            question: what is asked.
            limit: how many memories are wanted.
            work: works the answer out; of many who ask the same at once, one does.

        """
        known = self.get(tenant, revision, question, limit)
        if known is not None:
            return known

        def work_and_keep() -> Recalled:
            answer = work()
            self.put(tenant, revision, question, limit, answer)
            return answer

        return self._flights.share((tenant.number, revision, question, limit), work_and_keep)

    def get(self, tenant: Tenant, revision: int, question: str, limit: int) -> Recalled | None:
        """The answer given before for the same revision, or None."""
        field = self._field(revision, question, limit)
        with self._told.lookup() as lookup:
            payload = self._attempt(lambda: self._client.hget(self._hash(tenant), field), otherwise=_FAILED)
            if payload is None or payload is _FAILED:
                self.misses += 1
                lookup.outcome = "bypass" if payload is _FAILED else "miss"
                return None
            owner, _, body = payload.partition(b" ")
            if len(owner) == _OWNER_LENGTH and owner != self._owner(tenant):
                report_foreign(1)
                return None
            try:
                answer = _read(body)
            except CacheError as error:
                self._failed(error)
                return None
            self.hits += 1
            lookup.outcome = "hit"
            return answer

    def put(self, tenant: Tenant, revision: int, question: str, limit: int, answer: Recalled) -> None:
        """Keep an answer."""
        name, field, payload = (
            self._hash(tenant),
            self._field(revision, question, limit),
            self._owner(tenant) + b" " + _ANSWER.dump_json(answer),
        )
        self._attempt(lambda: self._store(name, field, payload))

    def forget(self, tenant: Tenant) -> None:
        """Delete all answers of a tenant, after its memories changed."""
        name = self._hash(tenant)
        if self._attempt(lambda: self._client.delete(name)) is None and len(self._owed) < _MOST_OWED:
            self._owed.add(name)

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
            pipeline.expire(name, round(LIFETIME_SECONDS * (1 - JITTER * random.random())))
        pipeline.execute()

    def _attempt(self, action: Callable[[], Any], *, otherwise: Any = None) -> Any:
        if not self.breaker.allows():
            return otherwise
        try:
            if self._owed:
                self._pay()
            result = action()
        except Exception as error:
            self._failed(error)
            return otherwise
        self.breaker.succeeded()
        return result

    def _failed(self, error: Exception) -> None:
        self.breaker.failed(error)
        self._told.failure(error)

    def _pay(self) -> None:
        owed = tuple(self._owed)
        self._client.delete(*owed)
        self._owed.difference_update(owed)

    def _hash(self, tenant: Tenant) -> str:
        return "continuum:recall:" + self._digest(f"tenant\0{tenant.number}")

    def _field(self, revision: int, question: str, limit: int) -> str:
        return self._digest(f"answer 3\0{revision}\0{limit}\0{question}")

    def _owner(self, tenant: Tenant) -> bytes:
        """What an answer begins with: where it stands is not the only thing that says whose it is."""
        return self._digest(f"owner\0{tenant.number}").encode()

    def _digest(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def _read(body: bytes) -> Recalled:
    with suppress(ValidationError):
        return _ANSWER.validate_json(body)
    # Raised here and not above: pydantic's error quotes its input, which is memory text. It must be no cause.
    raise CacheError("the cached answer can't be read")
