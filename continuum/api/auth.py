"""Who calls, and what they may do."""

from __future__ import annotations

from contextlib import suppress
from math import ceil
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import BackgroundTasks, Depends, Request
from fastapi.openapi.models import APIKey
from fastapi.security.base import SecurityBase
from sqlalchemy.exc import SQLAlchemyError

import telemetry
from continuum.api.services import limiter_of, services_of
from continuum.core.credentials import Caller
from continuum.core.errors import AuthenticationError, PermissionDenied, RateLimited, StorageError
from continuum.storage.keys import find_caller, note_use
from continuum.storage.raising import raising

if TYPE_CHECKING:
    from typing import Final

    from continuum.limits.connect import Limiter
    from continuum.storage.database import Database

HEADER: Final = "X-API-Key"


async def identify(request: Request, background: BackgroundTasks) -> Caller:
    """Find out whose key the request brings, and tell telemetry.

    Async, because what a dependency in a worker thread binds to the context is lost when its thread returns.

    Raises:
        AuthenticationError: there is no key, or none that is good.
        RateLimited: the key has made too many requests.

    """
    database, limiter = services_of(request).database, limiter_of(request)
    key = request.headers.get(HEADER)
    caller, wait = None, 0.0
    if key and database.answers_at_once and (limiter is None or limiter.answers_at_once):
        # Handing it to a thread would take longer than the answer.
        caller, wait = _look_up(database, limiter, key)
    elif key:
        caller, wait = await to_thread.run_sync(_look_up, database, limiter, key)
    if caller is None:
        raise AuthenticationError("no valid API key")
    telemetry.bind_tenant(caller.tenant.public_id)
    if wait > 0:
        raise RateLimited("the API key has made too many requests", seconds=ceil(wait))
    if caller.use_is_unnoted:
        # After the answer: a request that only reads doesn't wait for writers.
        background.add_task(_note_use, database, caller.key_id)
    return caller


class KeyWith(SecurityBase):
    """A dependency that gives the caller whose key has a scope: one for FastAPI to solve, and not five."""

    def __init__(self, scope: str) -> None:
        self.model = APIKey.model_validate({"in": "header", "name": HEADER})
        self.scheme_name = "APIKeyHeader"
        self._scope = scope

    async def __call__(self, request: Request, background: BackgroundTasks) -> Caller:
        """Raises as ``identify`` does, and PermissionDenied where the key lacks the scope."""
        caller = await identify(request, background)
        if self._scope not in caller.scopes:
            raise PermissionDenied("the API key lacks the needed scope", scope=self._scope)
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


Reader = Annotated[Caller, Depends(KeyWith("read"))]
Writer = Annotated[Caller, Depends(KeyWith("write"))]
Admin = Annotated[Caller, Depends(KeyWith("admin"))]
