"""Who calls, and what they may do."""

from __future__ import annotations

from contextlib import suppress
from math import ceil
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import BackgroundTasks, Depends, Security
from fastapi.security import APIKeyHeader
from sqlalchemy.exc import SQLAlchemyError

import telemetry
from continuum.api.services import OpenLimiter, OpenServices  # noqa: TC001 - FastAPI reads the annotations when it runs
from continuum.core.credentials import Caller
from continuum.core.errors import AuthenticationError, PermissionDenied, RateLimited, StorageError
from continuum.storage.keys import find_caller, note_use
from continuum.storage.raising import raising

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from continuum.limits.connect import Limiter
    from continuum.storage.database import Database

_header = APIKeyHeader(name="X-API-Key", auto_error=False)


async def identify(
    services: OpenServices,
    limiter: OpenLimiter,
    background: BackgroundTasks,
    key: Annotated[str | None, Security(_header)] = None,
) -> Caller:
    """Find out whose key the request brings, and tell telemetry.

    Async, because what a dependency in a worker thread binds to the context is lost when its thread returns.

    Raises:
        AuthenticationError: there is no key, or none that is good.
        RateLimited: the key has made too many requests.

    """
    caller, wait = None, 0.0
    if key is not None:
        caller, wait = await to_thread.run_sync(_look_up, services.database, limiter, key)
    if caller is None:
        raise AuthenticationError("no valid API key")
    telemetry.bind_tenant(caller.tenant.public_id)
    if wait > 0:
        raise RateLimited("the API key has made too many requests", seconds=ceil(wait))
    if caller.use_is_unnoted:
        # After the answer: a request that only reads doesn't wait for writers.
        background.add_task(_note_use, services.database, caller.key_id)
    return caller


def _look_up(database: Database, limiter: Limiter | None, key: str) -> tuple[Caller | None, float]:
    """Whose key it is, and how many seconds it has to wait."""
    with raising(StorageError, "the key could not be looked up"), database.read() as connection:
        caller = find_caller(connection, key)
    # Only the key itself counts, which is checked by now: its id is no secret, and anybody could use it up.
    if caller is None or limiter is None:
        return caller, 0.0
    return caller, limiter.take(caller.key_id)


def _note_use(database: Database, key_id: str) -> None:
    # The request has been answered: the next one tries again.
    with suppress(SQLAlchemyError), database.write() as connection:
        note_use(connection, key_id)


def _having(scope: str) -> Callable[[Caller], Awaitable[Caller]]:
    async def check(caller: Annotated[Caller, Depends(identify)]) -> Caller:
        if scope not in caller.scopes:
            raise PermissionDenied("the API key lacks the needed scope", scope=scope)
        return caller

    return check


Reader = Annotated[Caller, Depends(_having("read"))]
Writer = Annotated[Caller, Depends(_having("write"))]
Admin = Annotated[Caller, Depends(_having("admin"))]
