"""An application that streams: server-sent events, generators with spans in them, tasks that are cancelled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import FastAPI, WebSocket
from fastapi.responses import StreamingResponse
from opentelemetry import trace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

app = FastAPI()
tracer = trace.get_tracer("streaming")
seen: dict[str, int] = {"ended": 0, "cancelled": 0}


@app.get("/seen")
async def what_was_seen() -> dict[str, int]:
    return seen


@app.get("/events")
async def events(last: int = 1_000_000) -> StreamingResponse:
    async def produce() -> AsyncIterator[str]:
        try:
            for number in range(last):
                with tracer.start_as_current_span("streaming.event"):
                    yield f"data: {number}\n\n"
                    await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            seen["cancelled"] += 1
            raise
        finally:
            seen["ended"] += 1

    return StreamingResponse(produce(), media_type="text/event-stream")


@app.get("/lines")
def lines() -> StreamingResponse:
    def produce() -> Iterator[str]:
        for number in range(3):
            with tracer.start_as_current_span("streaming.line"):
                yield f"{number}\n"

    return StreamingResponse(produce(), media_type="text/plain")


@app.get("/breaks")
async def breaks() -> StreamingResponse:
    async def produce() -> AsyncIterator[str]:
        yield "data: 0\n\n"
        raise LookupError("broken in the middle")

    return StreamingResponse(produce(), media_type="text/event-stream")


@app.get("/cancels")
async def cancels() -> str:
    async def forever() -> None:
        with tracer.start_as_current_span("streaming.cancelled"):
            await asyncio.sleep(60)

    task = asyncio.create_task(forever())
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return "cancelled"
    return "not cancelled"


@app.get("/late")
async def late() -> str:
    async with asyncio.timeout(0.01):
        await asyncio.sleep(60)
    return "not late"


@app.websocket("/socket")
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.send_text(await websocket.receive_text())
