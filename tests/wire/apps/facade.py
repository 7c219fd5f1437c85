"""Code as it was written against sentry_integration: routes that capture, tag and leave breadcrumbs."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from typing import Annotated, Any

import redis
from fastapi import Depends, FastAPI, Header
from foreign import cache, engine
from sqlalchemy import text

from continuum.core.sentry_integration import (
    PerformanceTransaction,
    add_breadcrumb,
    capture_exception,
    capture_memory_error,
    get_status,
    init_sentry,
    monitor_performance,
    set_operation_context,
    set_user_context,
)

init_sentry(environment="staging", traces_sample_rate=1.0)
app = FastAPI()
STEPS = ("step-zero", "step-one", "step-two", "step-three", "step-four", "step-five", "step-six")


def who(x_tenant_id: Annotated[str, Header()]) -> str:
    """A plain dependency runs in a thread with a copy of the request's context."""
    set_user_context(tenant_id=x_tenant_id, instance_id=f"instance-of-{x_tenant_id}")
    return x_tenant_id


class RecallFailed(Exception):  # noqa: N818
    pass


@monitor_performance("memory.recall")
async def perform_recall(step: int) -> None:
    await asyncio.to_thread(read)
    await asyncio.sleep(0.001 * (step % 7))
    raise FAILURES[step % 10](f"recall {step} failed")


def read() -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT owner FROM items WHERE id = 1")).first()


# A class for each, because a flood of one kind is kept small.
FAILURES: list[type[RecallFailed]] = [type(f"RecallFailed{n}", (RecallFailed,), {}) for n in range(10)]


@app.get("/recall/{step}")
async def recall(step: int, tenant: Annotated[str, Depends(who)]) -> None:
    set_operation_context(operation=STEPS[step % 7], federation_peer=f"peer-of-{tenant}", step=step)
    add_breadcrumb(message="recall begins", category="validation", data={"step": step})
    try:
        await perform_recall(step)
    except Exception as e:
        capture_exception(e)
        raise


@app.get("/plain/{step}")
def plain(step: int, tenant: Annotated[str, Depends(who)]) -> None:
    set_operation_context(operation=STEPS[step % 7])
    with PerformanceTransaction("memory.learn", tenant):
        raise LookupError("plain")


@app.get("/bare")
async def bare() -> None:
    raise LookupError("bare")


@app.get("/memory")
async def memory(query: str) -> dict[str, Any]:
    try:
        raise LookupError(f"nothing about {query}")
    except LookupError as e:
        capture_memory_error(e, operation="recall", tenant_id="acme", query=query[:100])
    return {"ok": True}


@app.get("/trail")
async def trail() -> None:
    with PerformanceTransaction("memory.recall"):
        read()
        with contextlib.suppress(redis.RedisError):
            cache.get("what was asked")
    with PerformanceTransaction("memory.validate"):
        pass
    raise LookupError("after all of that")


@app.get("/task")
async def task() -> None:
    """Two tasks of one request, and a thread that knows its context."""
    set_user_context("acme")
    set_operation_context(operation="step-one")

    async def fail() -> None:
        try:
            raise LookupError("in a task")
        except LookupError as e:
            capture_exception(e)

    def fail_in_thread() -> None:
        try:
            raise LookupError("in a thread")
        except LookupError as e:
            capture_exception(e)

    await asyncio.create_task(fail())
    context = contextvars.copy_context()
    thread = threading.Thread(target=lambda: context.run(fail_in_thread))
    thread.start()
    await asyncio.to_thread(thread.join)


@app.get("/status")
async def status() -> dict[str, Any]:
    return get_status()
