"""The Python API for asyncio: the same verbs, each run on a thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from continuum.core.memory import Memory
from continuum.core.records import Filters

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
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
    from continuum.core.settings import Settings

_EVERYTHING = Filters()


class AsyncMemory:
    """``Memory`` for asyncio; its methods are described there. Opened by ``async with``."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings
        self._opened: Memory | None = None

    async def __aenter__(self) -> Self:
        self._opened = await asyncio.to_thread(Memory, self._settings)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._memory.close)

    @property
    def _memory(self) -> Memory:
        if self._opened is None:
            raise RuntimeError("not open: use it by `async with AsyncMemory() as memory`")
        return self._opened

    async def make_tenant(self, tenant: str) -> None:
        """Make the tenant, unless it is there."""
        await asyncio.to_thread(self._memory.make_tenant, tenant)

    async def learn(self, tenant: str, *items: Turn | Note, idempotency_key: str | None = None) -> Learned:
        """Store turns and notes, all of them or none."""
        return await asyncio.to_thread(self._memory.learn, tenant, *items, idempotency_key=idempotency_key)

    async def recall(
        self, tenant: str, question: str, limit: int = 10, filters: Filters = _EVERYTHING
    ) -> Recalled:
        """Find the memories that match a question best."""
        return await asyncio.to_thread(self._memory.recall, tenant, question, limit, filters)

    async def turn(
        self, tenant: str, turn: Turn, limit: int = 10, *, idempotency_key: str | None = None
    ) -> tuple[Recalled, Learned]:
        """Recall for the user's message, then learn the turn."""
        return await asyncio.to_thread(
            self._memory.turn, tenant, turn, limit, idempotency_key=idempotency_key
        )

    async def search(
        self,
        tenant: str,
        filters: Filters = _EVERYTHING,
        *,
        words: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """List memories, newest first, page by page."""
        return await asyncio.to_thread(
            self._memory.search, tenant, filters, words=words, limit=limit, cursor=cursor
        )

    async def supersede(self, tenant: str, memory_id: str, by: str) -> None:
        """Let one memory take the place of another."""
        await asyncio.to_thread(self._memory.supersede, tenant, memory_id, by)

    async def forget(self, tenant: str, memory_id: str) -> Receipt:
        """Erase one memory."""
        return await asyncio.to_thread(self._memory.forget, tenant, memory_id)

    async def forget_session(self, tenant: str, session: str) -> Receipt:
        """Erase what was said in a session alone."""
        return await asyncio.to_thread(self._memory.forget_session, tenant, session)

    async def forget_tenant(self, tenant: str) -> Receipt:
        """Erase a tenant with everything it has."""
        return await asyncio.to_thread(self._memory.forget_tenant, tenant)

    async def entities(
        self, tenant: str, *, limit: int = 50, offset: int = 0, entity_type: str | None = None
    ) -> tuple[list[Entity], int]:
        """One page of the concepts, and their total number."""
        return await asyncio.to_thread(
            self._memory.entities, tenant, limit=limit, offset=offset, entity_type=entity_type
        )

    async def stats(self, tenant: str) -> TenantStats:
        """How much the tenant has stored."""
        return await asyncio.to_thread(self._memory.stats, tenant)

    async def export(self, tenant: str) -> AsyncIterator[str]:
        """All memories as lines of JSON, oldest first."""
        lines = await asyncio.to_thread(self._memory.export, tenant)
        while (line := await asyncio.to_thread(next, lines, None)) is not None:
            yield line

    async def import_lines(self, tenant: str, lines: Iterable[str | bytes]) -> Imported:
        """Learn what an export wrote; the lines are read on a thread."""
        return await asyncio.to_thread(self._memory.import_lines, tenant, lines)
