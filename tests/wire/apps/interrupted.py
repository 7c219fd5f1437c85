"""A program that somebody interrupts, in a task, while it works."""

from __future__ import annotations

import asyncio
import os
import signal

from opentelemetry import trace


async def work() -> None:
    with trace.get_tracer("interrupted").start_as_current_span("script.work"):
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(30)


if __name__ == "__main__":
    asyncio.run(work())
