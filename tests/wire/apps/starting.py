"""An application whose start fails after it has asked somebody for something."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    raise LookupError(f"no configuration for {os.environ['STARTING_FOR']}")
    yield


app = FastAPI(lifespan=lifespan)
