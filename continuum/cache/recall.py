"""A read-through cache of recall in Redis, which may fail at any time without being noticed by a caller.

Each tenant has one hash. Its fields are answers, named by the tenant's revision, the question and the limit
under a secret key, so that no name in Redis tells a tenant or a question. The revision is the generation: it is
counted in the database, by the transaction that changes memories, and so is a new one for everybody from the
moment of its commit. An answer from before a change is never given after it, whatever Redis missed. Learning
and forgetting also empty the whole hash, so that a forgotten text leaves Redis at once, and seal it anew: an answer
that was worked out meanwhile, of what is forgotten now, is not kept any more. Where Redis can't be reached at that
moment, the hash is emptied when it can again, and has gone after its lifetime in any case.
"""

from __future__ import annotations

import hashlib
import hmac
import random
import secrets
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from continuum.cache.breaker import Breaker
from continuum.cache.flight import SingleFlight
from continuum.cache.told import Told
from continuum.core.boundary import report_foreign
from continuum.core.errors import CacheError
from continuum.core.records import Recalled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import redis

    from continuum.core.tenancy import Tenant

LIFETIME_SECONDS: Final = 300
# Up to a tenth less: what was kept in one moment is not missed in one moment.
JITTER: Final = 0.1
# A tenant that asks a thousand different questions without learning anything gets an empty hash.
MAX_ANSWERS: Final = 1000
# Far more than most answers have; what is longer would cost Redis more than it saves the database.
MAX_BYTES: Final = 256 * 1024
_MOST_OWED: Final = 10_000
_PAID_AT_ONCE: Final = 100
_FAILED: Final = object()
_OWNER_LENGTH: Final = 64
_SEAL: Final = "seal"
# Keeps an answer, unless the hash was emptied since its seal was read. Only a new hash gets a lifetime: renewing it
# with each answer would keep answers for ever.
_KEEP: Final = """
local seal = redis.call('HGET', KEYS[1], 'seal') or ''
if seal ~= ARGV[1] then return 0 end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then
    redis.call('DEL', KEYS[1])
    if seal ~= '' then redis.call('HSET', KEYS[1], 'seal', seal) end
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
if redis.call('TTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], ARGV[5]) end
return 1
"""

_ANSWER = TypeAdapter(Recalled)


class RecallCache:
    """Answers of recall, kept in Redis until the tenant's memories change or five minutes have passed."""

    def __init__(self, client: redis.Redis, secret: bytes, breaker: Breaker | None = None) -> None:
        self._client = client
        self._keep_unless_emptied = client.register_script(_KEEP)
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
        name, field = self._hash(tenant), self._field(revision, question, limit)
        known, seal = self._look(tenant, name, field)
        if known is not None:
            return known

        def work_and_keep() -> Recalled:
            answer = work()
            if seal is not None:
                self._keep(tenant, name, field, seal, answer)
            return answer

        return self._flights.share((tenant.number, revision, question, limit), work_and_keep)

    def forget(self, tenant: Tenant) -> None:
        """Delete all answers of a tenant, after its memories changed."""
        name = self._hash(tenant)
        done = self._attempt(lambda: self._empty([name]))
        if done is _FAILED and len(self._owed) < _MOST_OWED:
            self._owed.add(name)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _look(self, tenant: Tenant, name: str, field: str) -> tuple[Recalled | None, bytes | None]:
        """The answer, if there is one; and the hash's seal, None where Redis can't be used."""
        with self._told.lookup() as lookup:
            found = self._attempt(lambda: self._client.hmget(name, _SEAL, field))
            if found is _FAILED or found[1] is None:
                self.misses += 1
                lookup.outcome = "bypass" if found is _FAILED else "miss"
                return None, None if found is _FAILED else found[0] or b""
            seal, payload = found[0] or b"", found[1]
            owner, _, body = payload.partition(b" ")
            if len(owner) == _OWNER_LENGTH and owner != self._owner(tenant):
                report_foreign(1)
                return None, seal
            try:
                answer = _read(body)
            except CacheError as error:
                self._failed(error)
                return None, seal
            self.hits += 1
            lookup.outcome = "hit"
            return answer, seal

    def _keep(self, tenant: Tenant, name: str, field: str, seal: bytes, answer: Recalled) -> None:
        payload = self._owner(tenant) + b" " + _ANSWER.dump_json(answer)
        if len(payload) <= MAX_BYTES:
            self._attempt(
                lambda: self._keep_unless_emptied(
                    keys=[name], args=[seal, field, payload, MAX_ANSWERS, _lifetime()]
                )
            )

    def _empty(self, names: Sequence[str]) -> None:
        pipeline = self._client.pipeline()
        for name in names:
            pipeline.delete(name)
            pipeline.hset(name, _SEAL, secrets.token_bytes(8))
            pipeline.expire(name, LIFETIME_SECONDS)
        pipeline.execute()

    def _attempt(self, action: Callable[[], Any]) -> Any:
        """What Redis answers, or ``_FAILED``."""
        if not self.breaker.allows():
            return _FAILED
        try:
            if self._owed:
                self._pay()
            result = action()
        except Exception as error:
            self._failed(error)
            return _FAILED
        self.breaker.succeeded()
        return result

    def _failed(self, error: Exception) -> None:
        self.breaker.failed(error)
        self._told.failure(error)

    def _pay(self) -> None:
        # Some at a time: nobody's request is to wait for thousands of them, and longer than Redis may take.
        some = tuple(islice(self._owed, _PAID_AT_ONCE))
        # Taken out before, so that what is owed anew meanwhile stays owed.
        self._owed.difference_update(some)
        try:
            self._empty(some)
        except BaseException:
            self._owed.update(some)
            raise

    def _hash(self, tenant: Tenant) -> str:
        return "continuum:recall:" + self._digest(f"tenant\0{tenant.number}")

    def _field(self, revision: int, question: str, limit: int) -> str:
        return self._digest(f"answer 4\0{revision}\0{limit}\0{question}")

    def _owner(self, tenant: Tenant) -> bytes:
        """What an answer begins with: where it stands is not the only thing that says whose it is."""
        return self._digest(f"owner\0{tenant.number}").encode()

    def _digest(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def _lifetime() -> int:
    return round(LIFETIME_SECONDS * (1 - JITTER * random.random()))


def _read(body: bytes) -> Recalled:
    with suppress(ValidationError):
        return _ANSWER.validate_json(body)
    # Raised here and not above: pydantic's error quotes its input, which is memory text. It must be no cause.
    raise CacheError("the cached answer can't be read")
