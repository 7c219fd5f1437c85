"""The Python API: memories of tenants by name, on one database."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import telemetry
from continuum.core.records import Filters
from continuum.core.services import open_services
from continuum.core.settings import Settings
from continuum.core.tenancy import checked_tenant_name
from continuum.storage.tenants import ensure_tenant, find_tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from continuum.core.records import (
        Entity,
        Imported,
        Learned,
        Note,
        Page,
        Recalled,
        Receipt,
        TenantStats,
        Turn,
    )
    from continuum.core.tenancy import Tenant

_EVERYTHING = Filters()


class Memory:
    """An open database of memories; each method takes the tenant's name first, and none has a default for it.

    Safe to use from many threads. For asyncio there is ``AsyncMemory``. Errors are those of
    ``continuum.core.engine.MemoryEngine``, InvalidTenant for what is no tenant's name, and TenantNotFound where
    the tenant was never made.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Open the database of the settings, or of the environment when none are given.

        Raises:
            SettingsError: the environment has a value of no accepted form.
            StorageError: the database can't be opened.

        """
        self._open = ExitStack()
        chosen = Settings.from_environ() if settings is None else settings
        services = self._open.enter_context(open_services(chosen))
        self._database = services.database
        self._engine = services.engine

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close database and cache."""
        self._open.close()

    def make_tenant(self, tenant: str) -> None:
        """Make the tenant, unless it is there."""
        with self._database.write() as connection:
            ensure_tenant(connection, tenant)

    def learn(self, tenant: str, *items: Turn | Note, idempotency_key: str | None = None) -> Learned:
        """Store turns and notes, at most 1,000, all of them or none."""
        return self._engine.learn(self._find(tenant), *items, idempotency_key=idempotency_key)

    def recall(self, tenant: str, question: str, limit: int = 10, filters: Filters = _EVERYTHING) -> Recalled:
        """Find the memories that match a question best."""
        return self._engine.recall(self._find(tenant), question, limit, filters)

    def turn(
        self, tenant: str, turn: Turn, limit: int = 10, *, idempotency_key: str | None = None
    ) -> tuple[Recalled, Learned]:
        """Recall for the user's message, then learn the turn."""
        found = self._find(tenant)
        recalled = self._engine.recall(found, turn.user_message, limit)
        return recalled, self._engine.learn(found, turn, idempotency_key=idempotency_key)

    def search(
        self,
        tenant: str,
        filters: Filters = _EVERYTHING,
        *,
        words: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """List memories, newest first, page by page."""
        return self._engine.search(self._find(tenant), filters, words=words, limit=limit, cursor=cursor)

    def supersede(self, tenant: str, memory_id: str, by: str) -> None:
        """Let one memory take the place of another."""
        self._engine.supersede(self._find(tenant), memory_id, by)

    def forget(self, tenant: str, memory_id: str) -> Receipt:
        """Erase one memory."""
        return self._engine.forget(self._find(tenant), memory_id)

    def forget_session(self, tenant: str, session: str) -> Receipt:
        """Erase what was said in a session alone."""
        return self._engine.forget_session(self._find(tenant), session)

    def forget_tenant(self, tenant: str) -> Receipt:
        """Erase a tenant with everything it has, keys and name included."""
        return self._engine.forget_tenant(self._find(tenant))

    def entities(
        self, tenant: str, *, limit: int = 50, offset: int = 0, entity_type: str | None = None
    ) -> tuple[list[Entity], int]:
        """One page of the concepts, most mentioned first, and their total number."""
        found = self._find(tenant)
        return self._engine.entities(found, limit=limit, offset=offset, entity_type=entity_type)

    def stats(self, tenant: str) -> TenantStats:
        """How much the tenant has stored."""
        return self._engine.stats(self._find(tenant))

    def export(self, tenant: str) -> Iterator[str]:
        """All memories as lines of JSON, oldest first."""
        return self._engine.export(self._find(tenant))

    def import_lines(
        self, tenant: str, lines: Iterable[str | bytes], progress: Callable[[int], None] | None = None
    ) -> Imported:
        """Learn what an export wrote."""
        return self._engine.import_lines(self._find(tenant), lines, progress)

    def _find(self, name: str) -> Tenant:
        # Before the database sees it: what is no name may hold characters that it can't take.
        checked_tenant_name(name)
        with self._database.read() as connection:
            found = find_tenant(connection, name)
        telemetry.bind_tenant(found.public_id)
        return found
