"""Which tenants' vectors are kept in memory, how many and how long."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from continuum.semantic.model import MODEL
from continuum.semantic.vectors import TenantVectors
from continuum.storage.index.embeddings import newest_vectors, sum_of_vectors

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from continuum.core.tenancy import Tenant
    from continuum.semantic.model import Vectors
    from continuum.semantic.vectors import Nearness

MOST_OF_TENANT: Final = 50_000
"""Of a tenant with more memories the newest count; 1.5 kB of memory each."""
_MOST = 100_000
# What was forgotten or superseded by another process is taken out after this long; recall doesn't show it before.
_SECONDS = 60.0


@dataclass
class _Kept:
    vectors: TenantVectors = field(default_factory=TenantVectors)
    asked_at: float = 0.0
    checked_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Shelf:
    """The vectors of tenants that were asked about lately; safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def compare(
        self, connection: sa.Connection, tenant: Tenant, ask: Callable[[], Vectors]
    ) -> Nearness | None:
        """How near the tenant's memories are to a question, whose vector is made when there are any."""
        with self._lock:
            now = self._clock()
            kept = self._kept.setdefault(tenant.number, _Kept(asked_at=now, checked_at=now))
            self._kept.move_to_end(tenant.number)
        with kept.lock:
            self._refresh(connection, tenant, kept)
            if not len(kept.vectors):
                return None
        self._make_room()
        question = ask()
        with kept.lock:
            return kept.vectors.compare(question)

    def forget(self, tenant: Tenant) -> None:
        """Take a tenant's vectors out; the next question reads them anew."""
        with self._lock:
            self._kept.pop(tenant.number, None)

    def expire(self) -> None:
        """Take out what nobody has asked about for a minute."""
        before = self._clock() - _SECONDS
        with self._lock:
            for number in [number for number, kept in self._kept.items() if kept.asked_at < before]:
                del self._kept[number]

    def _refresh(self, connection: sa.Connection, tenant: Tenant, kept: _Kept) -> None:
        now = self._clock()
        checks = now - kept.checked_at > _SECONDS
        self._read_on(connection, tenant, kept)
        if checks:
            kept.checked_at = now
            stored = sum_of_vectors(connection, tenant, MODEL, since=kept.vectors.first)
            if stored != kept.vectors.sum or len(kept.vectors) > MOST_OF_TENANT:
                kept.vectors = TenantVectors()
                self._read_on(connection, tenant, kept)
        kept.asked_at = now

    def _read_on(self, connection: sa.Connection, tenant: Tenant, kept: _Kept) -> None:
        rows = newest_vectors(connection, tenant, MODEL, after=kept.vectors.last, most=MOST_OF_TENANT)
        kept.vectors.add((row.memory_number, row.session, row.vector) for row in reversed(rows))

    def _make_room(self) -> None:
        with self._lock:
            held = sum(len(kept.vectors) for kept in self._kept.values())
            while held > _MOST and len(self._kept) > 1:
                held -= len(self._kept.popitem(last=False)[1].vectors)
