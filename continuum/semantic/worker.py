"""The thread that works out what memories mean, after they were learned and off the requests' path."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import SQLAlchemyError

import telemetry
from continuum.core.errors import SemanticError, TenantNotFound
from continuum.semantic.model import MODEL
from continuum.semantic.vectors import STORED
from continuum.storage.index.embeddings import keep_vectors, lacking, revisions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa

    from continuum.core.tenancy import Tenant
    from continuum.semantic.model import Model
    from continuum.storage.database import Database

logger = logging.getLogger(__name__)

# A transaction of so many is short for those who learn meanwhile, and for who waits for the thread's end.
_AT_ONCE: Final = 16
# Tenants that wait; what is more is found when all tenants are looked through.
_MOST_WAITING: Final = 1000
_IDLE_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = 10.0
_JOIN_SECONDS: Final = 5.0


class Worker:
    """One thread for a process; memories that it doesn't get to are found again by any process's next look."""

    def __init__(
        self,
        database: Database,
        model: Callable[[], Model],
        at_rest: Callable[[], None] = lambda: None,
        kept: Callable[[Tenant], None] = lambda _tenant: None,
    ) -> None:
        self._database, self._model, self._at_rest, self._kept = database, model, at_rest, kept
        self._wake = threading.Condition()
        self._waiting: dict[int, Tenant] = {}
        # Up to which number a tenant's memories have vectors, as far as this process knows.
        self._done: dict[int, int] = {}
        # At which revision a tenant was looked at.
        self._seen: dict[int, int] = {}
        self._looks_at = 0.0
        self._is_busy = self._is_closed = self._has_refused = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, and again where a fork has lost it."""
        with self._wake:
            if self._is_closed or (self._thread is not None and self._thread.is_alive()):
                return
            self._thread = threading.Thread(target=self._run, name="continuum-semantic", daemon=True)
            self._thread.start()

    def learned(self, tenant: Tenant) -> None:
        """Say that a tenant has new memories; never waits for the work."""
        with self._wake:
            if len(self._waiting) < _MOST_WAITING:
                self._waiting[tenant.number] = tenant
            else:
                self._looks_at = 0.0
            self._wake.notify()
        self.start()

    def finish(self, seconds: float) -> bool:
        """Wait until nothing is left to do; whether that is so."""
        self.start()
        with self._wake:
            return self._wake.wait_for(self._is_idle, seconds)

    def stop(self) -> None:
        """Have the thread end after the memories that it is at; the others are left for the next process."""
        with self._wake:
            self._is_closed = True
            self._wake.notify_all()

    def close(self) -> None:
        """Stop, and wait for the thread's end."""
        self.stop()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_JOIN_SECONDS)

    def _is_idle(self) -> bool:
        return not self._waiting and not self._is_busy and self._looks_at > time.monotonic()

    def _run(self) -> None:
        while (tenant := self._next()) is not None or not self._is_closed:
            try:
                if tenant is None:
                    self._look_through()
                elif self._embed(tenant):
                    with self._wake:
                        self._waiting.setdefault(tenant.number, tenant)
            except TenantNotFound:
                continue
            except (SQLAlchemyError, SemanticError, OSError, RuntimeError) as error:
                # The kind alone: a message may hold what was said.
                logger.warning("memories can't be made findable by meaning now: %s", type(error).__name__)
                telemetry.measure("continuum.memory.semantic_failures", 1, unit="{failure}")
                self._pause()
            finally:
                with self._wake:
                    self._is_busy = False
                    self._wake.notify_all()

    def _next(self) -> Tenant | None:
        """The tenant that waits longest; None when all are to be looked through, or this is the end."""
        with self._wake:
            while not self._is_closed:
                if self._waiting:
                    self._is_busy = True
                    return self._waiting.pop(next(iter(self._waiting)))
                left = self._looks_at - time.monotonic()
                if left <= 0:
                    self._is_busy = True
                    return None
                self._wake.wait(left)
        return None

    def _look_through(self) -> None:
        """Find the memories that others have learned: other processes, an import, this one before it ended."""
        with self._wake:
            self._looks_at = time.monotonic() + _IDLE_SECONDS
        self._at_rest()
        with self._database.read() as connection:
            found = revisions(connection)
        for tenant, revision in found:
            if self._seen.get(tenant.number) == revision:
                continue
            self._done.pop(tenant.number, None)
            while self._embed(tenant):
                pass
            if self._is_closed:
                return
            self._seen[tenant.number] = revision

    def _embed(self, tenant: Tenant) -> bool:
        """Some of a tenant's memories; whether there may be more."""
        after = self._done.get(tenant.number, 0)
        with self._database.read(tenant) as connection:
            rows = lacking(connection, tenant, MODEL, after=after, most=_AT_ONCE)
        if not rows or self._is_closed:
            return False
        with telemetry.operation("memory.embed", tenant=tenant.public_id):
            telemetry.register_content(*(row.text for row in rows))
            kept = self._vectors(rows)
            if kept:
                with self._database.write(tenant) as connection:
                    keep_vectors(connection, tenant, MODEL, kept)
        # What was answered by words alone meanwhile is not to be the answer for minutes.
        self._kept(tenant)
        self._done[tenant.number] = rows[-1].number
        return len(rows) == _AT_ONCE

    def _vectors(self, rows: Sequence[sa.Row[Any]]) -> list[tuple[int, bytes]]:
        """Those of memories, without what the model refuses.

        Raises:
            SemanticError: it can't be loaded, or refuses several and takes none.

        """
        embed = self._model().embed
        made: list[tuple[int, bytes]] = []
        for row in rows:
            try:
                made.append((row.number, embed(row.text).astype(STORED).tobytes()))
            except SemanticError:
                # It stays findable by its words, and is tried again when something of the tenant changes.
                telemetry.measure("continuum.memory.semantic_failures", 1, unit="{failure}")
                if not self._has_refused:
                    self._has_refused = True
                    logger.warning("the model refused a memory's text; it is found by its words alone")
        if not made and len(rows) > 1:
            raise SemanticError("the model refuses every text")
        return made

    def _pause(self) -> None:
        with self._wake:
            self._looks_at = time.monotonic() + _RETRY_SECONDS
            self._waiting.clear()
            self._wake.wait_for(lambda: self._is_closed, _RETRY_SECONDS)
