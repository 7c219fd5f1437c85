"""What chaos is done to: a FastAPI application, and a script, whose every item is known beforehand."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

from fastapi import FastAPI
from opentelemetry import trace

import telemetry

app = FastAPI()
tracer = trace.get_tracer("chaos")


@app.get("/work")
async def work() -> dict[str, bool]:
    with tracer.start_as_current_span("chaos.outer"), tracer.start_as_current_span("chaos.inner"):
        return {"ok": True}


@app.get("/broken")
async def broken() -> None:
    with tracer.start_as_current_span("chaos.outer"):
        raise LookupError("broken on purpose")


@app.get("/process")
async def process() -> dict[str, object]:
    return {"pid": os.getpid(), "ledger": telemetry.status().get("ledger")}


def make_items(times: int) -> None:
    """Make spans, and an error for each tenth of them; their ids go to a file that the judge reads."""
    descriptor = os.open(os.environ["CHAOS_NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for number in range(times):
        with tracer.start_as_current_span("chaos.work") as span:
            note = f"{span.get_span_context().span_id:016x}\n"
            if number % 10 == 0:
                try:
                    raise ArithmeticError("broken on purpose")
                except ArithmeticError as error:
                    note += f"{telemetry.capture_exception(error)}\n"
        os.write(descriptor, note.encode())
    os.close(descriptor)


def main(way: str, times: int) -> None:
    make_items(times)
    if way == "wait":
        Path("ready").touch()
        time.sleep(60)
    elif way == "more":
        # Batches of their own, so that what is written to disk comes in many small files.
        for _ in range(6):
            time.sleep(1.1)
            make_items(times)
        telemetry.shutdown()
        Path("ledger").write_text(json.dumps(telemetry.status()["ledger"]))
    elif way == "os.fork":
        child = os.fork()
        make_items(times)
        if child:
            os.waitpid(child, 0)
    elif way in {"fork", "spawn"}:
        context = multiprocessing.get_context(way)
        children = [context.Process(target=make_items, args=(times,)) for _ in range(3)]
        for child in children:
            child.start()
        for child in children:
            child.join()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
