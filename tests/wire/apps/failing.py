"""The memory service with a route for each way to fail, as real as a route can make it."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import BackgroundTasks, Depends, Header, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import create_engine, text

import telemetry
from continuum.api.server import create_app
from continuum.storage import sqlite

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# The service waits ten seconds for another writer; whoever tests what comes then needn't.
sqlite._PRAGMAS = ("PRAGMA busy_timeout = 50", *sqlite._PRAGMAS[1:])

app = create_app()
own = create_engine("sqlite://", connect_args={"check_same_thread": False})
server = create_engine(os.environ.get("FAILING_POSTGRES", "postgresql+psycopg://nobody@127.0.0.1:1/none"))


async def working(x_tenant_id: Annotated[str, Header()]) -> str:
    """What the running request is known by."""
    telemetry.bind_tenant(x_tenant_id)
    telemetry.set_operation(operation="failing")
    return x_tenant_id


Tenant = Annotated[str, Depends(working)]


@app.get("/raised")
async def raised(tenant: Tenant, said: str) -> None:
    raise LookupError(f"nothing is known about {said}")


@app.get("/captured")
async def captured(tenant: Tenant, said: str) -> None:
    """A handler that captures and raises again."""
    try:
        await raised(tenant, said)
    except LookupError as error:
        telemetry.capture_exception(error, extra={"said": said})
        raise


@app.get("/group")
async def group(tenant: Tenant, said: str) -> None:
    async def fail(kind: type[Exception]) -> None:
        raise kind(f"one of them says {said}")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(fail(ValueError))
        tasks.create_task(fail(LookupError))


@app.get("/statement")
def statement(tenant: Tenant, said: str) -> None:
    with own.begin() as connection:
        connection.execute(
            text("SELECT owner FROM nowhere WHERE owner = :said AND note = 'a quoted note'"), {"said": said}
        )


@app.get("/integrity")
def integrity(tenant: Tenant, said: str) -> None:
    with own.begin() as connection:
        connection.execute(text("CREATE TABLE items (id INTEGER PRIMARY KEY, owner TEXT UNIQUE)"))
        for _ in range(2):
            connection.execute(text("INSERT INTO items (owner) VALUES (:said)"), {"said": said})


@app.get("/terminated")
def terminated(tenant: Tenant, said: str) -> None:
    """The server ends the connection in the middle of the work."""
    with server.connect() as connection:
        process = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with server.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})
        connection.execute(text("SELECT :said"), {"said": said})


@app.get("/background")
async def background(tenant: Tenant, said: str, tasks: BackgroundTasks) -> dict[str, bool]:
    tasks.add_task(_fail, said)
    return {"ok": True}


@app.get("/thread")
async def thread(tenant: Tenant, said: str) -> dict[str, bool]:
    """A thread of the application's own, which nobody asks how it ended."""
    started = threading.Thread(target=_fail, args=(said,))
    started.start()
    await asyncio.to_thread(started.join)
    return {"ok": True}


@app.get("/task")
async def task(tenant: Tenant, said: str) -> dict[str, bool]:
    """A task that nobody awaits; it goes with the next collection, because it is a part of a circle."""

    async def fail() -> None:
        _fail(said)

    circle: list[Any] = [asyncio.create_task(fail())]
    circle.append(circle)
    return {"ok": True}


@app.get("/left")
async def left() -> dict[str, Any]:
    """Another request, which happens to be the one that collects what others left."""
    telemetry.bind_tenant("somebody-else")
    return {"collected": gc.collect()}


@app.get("/cancelled")
async def cancelled(tenant: Tenant, said: str) -> None:
    with telemetry.operation("memory.recall"):
        await asyncio.sleep(30)


@app.get("/slow")
async def slow() -> None:
    await asyncio.sleep(0.3)


@app.get("/endless")
async def endless() -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    return StreamingResponse(chunks())


class Patience:
    """Cancels what takes longer than a fifth of a second, as many services do."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        impatient = scope.get("path") == "/cancelled"
        try:
            async with asyncio.timeout(0.2 if impatient else None):
                await self.app(scope, receive, send)
        except TimeoutError:
            if not impatient:
                raise
            await Response(status_code=408)(scope, receive, send)


app.add_middleware(Patience)


def _fail(said: str) -> None:
    raise LookupError(f"nothing is known about {said}")
