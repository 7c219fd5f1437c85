"""How much a request may send: more is refused before it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from continuum.api.problems import MAX_BATCH_BYTES, MAX_BODY_BYTES, TOO_LARGE, problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BATCHES = frozenset({"/v1/learn/batch", "/v1/import"})


class BodyLimit:
    """ASGI middleware that answers 413 to bodies of more than a megabyte, and batches of more than four."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse by the declared length, or while reading when none is declared."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = MAX_BATCH_BYTES if scope["path"] in _BATCHES else MAX_BODY_BYTES
        if _declared_length(scope) > most:
            response = problem(413, *TOO_LARGE)
            await response(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
