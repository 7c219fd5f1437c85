"""Somebody's application that serves the memory service below a path, made before or after its own."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

if os.environ["EMBEDDING"] == "host first":
    host = FastAPI()

from continuum.api.server import create_app  # its import is what may set telemetry up first

memory = create_app()


@asynccontextmanager
async def lifespan(_app):
    async with memory.router.lifespan_context(memory):
        yield


def own() -> None:
    raise LookupError("of the host")


if os.environ["EMBEDDING"] == "starlette":
    app = Starlette(routes=[Mount("/memory", memory)], lifespan=lifespan)
else:
    if os.environ["EMBEDDING"] != "host first":
        host = FastAPI()
    host.router.lifespan_context = lifespan
    host.get("/own")(own)
    host.mount("/memory", memory)
    app = host


@memory.get("/broken")
async def broken() -> None:
    raise LookupError("of the memory service")
