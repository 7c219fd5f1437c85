"""Assembles the inspector's ASGI application: ingest, API and page behind one guard."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from telemetry.inspector import ingest, views
from telemetry.inspector.guard import Guard
from telemetry.inspector.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from telemetry.inspector.store import Snapshot

_STATIC = Path(__file__).parent / "static"


def create_app(store: Store | None = None, *, allow_remote: bool = False) -> Starlette:
    """Return the application; what it keeps is forgotten when it shuts down.

    Args:
        store: where to keep what arrives; one with the default limits when not given.
        allow_remote: answer requests whose Host header names another machine than this one.

    Besides what `ingest.routes` takes, it answers (JSON shapes are documented in `views`):

    - ``GET /inspector/api/summary``, ``/inspector/api/traces``, ``/inspector/api/errors``
    - ``GET /inspector/api/traces/{trace_id}``, ``/inspector/api/errors/{event_id}``: 404 when not kept
    - ``DELETE /inspector/api/all``: forgets everything, answers 204
    - ``GET /``: the page; ``GET /healthz``: ``ok``

    """
    kept = store or Store()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        kept.clear()

    async def page(_: Request) -> Response:
        return FileResponse(_STATIC / "index.html")

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def clear(_: Request) -> Response:
        kept.clear()
        return Response(status_code=204)

    return Starlette(
        routes=[
            *ingest.routes(kept),
            Route("/inspector/api/summary", _reader(kept, views.summary)),
            Route("/inspector/api/traces", _reader(kept, views.traces)),
            Route("/inspector/api/traces/{id}", _reader(kept, views.trace)),
            Route("/inspector/api/errors", _reader(kept, views.errors)),
            Route("/inspector/api/errors/{id}", _reader(kept, views.error)),
            Route("/inspector/api/all", clear, methods=["DELETE"]),
            Route("/healthz", health),
            Route("/", page),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[Middleware(Guard, allow_remote=allow_remote)],
        lifespan=lifespan,
    )


def _reader(store: Store, view: Callable[..., Any]) -> Callable[[Request], Awaitable[Response]]:
    def read(snapshot: Snapshot, keys: tuple[str, ...]) -> Response:
        found = view(snapshot, *keys)
        return JSONResponse({"error": "Not kept (any more)."}, 404) if found is None else JSONResponse(found)

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(read, store.snapshot(), tuple(request.path_params.values()))

    return endpoint
