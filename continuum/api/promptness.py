"""Which recalls are done sooner than a thread takes them over, and are done at once."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from anyio import to_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from continuum.core.tenancy import Tenant

R = TypeVar("R")

# Of CPU: about what a tenant of some thousand memories takes, and how long others may have to wait for the loop.
_ON_THE_LOOP: Final = 0.003
# The same work takes up to twice as much among other threads.
_IN_A_THREAD: Final = 0.006
# So many short ones make up for a long one: asking now this and now that, nobody keeps the loop busy.
_PROBATION: Final = 100
_MOST_TENANTS: Final = 100_000


class Promptness:
    """Remembers by tenant whether the last pieces of work were short.

    Threads that ask SQLite let go of the interpreter at every row and wait for it again. Where each has little to
    do, that takes as long as the work: with a few of them on two processors a recall costs twice the CPU.
    """

    def __init__(self) -> None:
        # How many short ones are still needed, by the tenant's number.
        self._needed: dict[int, int] = {}

    async def run(self, tenant: Tenant, work: Callable[[], R], *, may_be_long: bool) -> R:
        """Do a tenant's work: here, where the last ones were short, otherwise in a worker thread.

        Args:
            tenant: whose work; the first of each goes to a thread.
            work: only reads, and waits for nobody unless it may be long.
            may_be_long: it is to have a thread, however short the last ones were.

        """
        if self._needed.get(tenant.number, 1) == 0 and not may_be_long:
            return self._timed(tenant, work, _ON_THE_LOOP)
        return await to_thread.run_sync(partial(self._timed, tenant, work, _IN_A_THREAD))

    def _timed(self, tenant: Tenant, work: Callable[[], R], most: float) -> R:
        # CPU of this thread: how long it had to wait for others says nothing of the work.
        begin = time.thread_time()
        try:
            return work()
        finally:
            is_long = time.thread_time() - begin > most
            needed = self._needed.get(tenant.number, 1)
            if needed or is_long:
                self._note(tenant, _PROBATION if is_long else needed - 1)

    def _note(self, tenant: Tenant, needed: int) -> None:
        if tenant.number in self._needed or len(self._needed) < _MOST_TENANTS:
            self._needed[tenant.number] = needed
