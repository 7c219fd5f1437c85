"""The application that is measured: one Redis GET and three SELECTs a request, knowing nothing of telemetry."""

from __future__ import annotations

import os

import sqlalchemy as sa
from fastapi import FastAPI

app = FastAPI()
engine = sa.create_engine(os.environ["MEASURED_DATABASE"])
cache = None
if os.environ.get("MEASURED_REDIS"):
    import redis

    cache = redis.Redis.from_url(os.environ["MEASURED_REDIS"])

with engine.begin() as connection:
    connection.execute(sa.text("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, body TEXT)"))


@app.get("/notes/{note}")
def read(note: int) -> dict[str, int]:
    if cache is not None:
        cache.get(f"note:{note}")
    with engine.connect() as connection:
        for _ in range(3):
            connection.execute(sa.text("SELECT id, body FROM notes WHERE id = :id"), {"id": note}).all()
    return {"note": note}
