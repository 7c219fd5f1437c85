"""An application like any other: FastAPI, SQLAlchemy, Redis, and not one line about telemetry."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from typing import Annotated

import redis
from fastapi import BackgroundTasks, FastAPI, Header, HTTPException, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import create_engine, text

engine = create_engine(f"sqlite:///{os.environ['FOREIGN_DATABASE']}")
cache = redis.Redis(
    port=int(os.environ.get("FOREIGN_REDIS", "1")), socket_timeout=2, socket_connect_timeout=2, retry=None
)
app = FastAPI()

with engine.begin() as setup:
    setup.execute(text("CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, owner TEXT UNIQUE)"))
    setup.execute(text("INSERT OR IGNORE INTO items (id, owner) VALUES (1, 'somebody')"))


@app.get("/healthz")
async def healthz() -> dict[str, bool]:
    return {"ok": True}


@app.get("/items/{item_id}")
def item(item_id: int) -> dict[str, object]:
    with engine.connect() as connection:
        row = connection.execute(text("SELECT owner FROM items WHERE id = :id"), {"id": item_id}).first()
    if "FOREIGN_REDIS" in os.environ:
        cache.get(f"item:{item_id}")
    return {"owner": row[0] if row else None}


@app.get("/broken/{item_id}")
def broken(item_id: int) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    raise LookupError(f"item {item_id} is broken")


@app.get("/broken-async/{item_id}")
async def broken_async(item_id: int) -> None:
    raise LookupError(f"item {item_id} is broken")


@app.get("/private")
async def private() -> None:
    raise HTTPException(401, "who are you?")


@app.get("/validated")
async def validated(number: int) -> int:
    return number


@app.get("/slow")
async def slow(seconds: float = 1.0) -> dict[str, bool]:
    await asyncio.sleep(seconds)
    return {"ok": True}


@app.post("/upload")
async def upload(request: Request) -> int:
    return len(await request.body())


@app.get("/stream")
async def stream() -> StreamingResponse:
    async def chunks():
        while True:
            yield b"x" * 1024
            await asyncio.sleep(0.01)

    return StreamingResponse(chunks())


@app.get("/tenant/{step}")
async def tenant(step: int, x_tenant_id: Annotated[str, Header()]) -> dict[str, str]:
    """Two halves on both sides of a pause, so that requests of several tenants lie across each other."""
    await asyncio.to_thread(_read)
    await asyncio.sleep(0.001 * (step % 7))
    await asyncio.to_thread(_read)
    if step % 10 == 0:
        raise LookupError("a tenth of them fails")
    return {"tenant": x_tenant_id}


def _read() -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT owner FROM items WHERE id = 1")).first()


@app.get("/later")
async def later(tasks: BackgroundTasks) -> dict[str, bool]:
    tasks.add_task(_read)
    return {"ok": True}


@app.get("/outgoing")
async def outgoing() -> dict[str, object]:
    """The headers that an instrumented HTTP client would send from here."""
    from opentelemetry import propagate, trace

    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    context = trace.get_current_span().get_span_context()
    return {
        "carrier": carrier,
        "trace_id": trace.format_trace_id(context.trace_id),
        "span_id": trace.format_span_id(context.span_id),
    }


@app.get("/process")
async def process() -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "sdks": sorted(
            name
            for name in sys.modules
            if name.startswith(("sentry_sdk", "opentelemetry.sdk", "opentelemetry.exporter"))
        ),
        "threads": sorted(thread.name for thread in threading.enumerate()),
    }
