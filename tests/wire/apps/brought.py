"""An application that puts what a request brought in wherever it can; it knows nothing of telemetry."""

from __future__ import annotations

import logging
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import FastAPI, Request
from opentelemetry import trace

app = FastAPI()
engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
with engine.begin() as made:
    made.execute(sa.text("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT UNIQUE)"))
tracer = trace.get_tracer("brought")
log = logging.getLogger("brought")


@app.post("/rooms/{room}")
async def everywhere(room: str, request: Request) -> None:
    body = (await request.json())["note"]
    asked = request.query_params["q"]
    token = request.headers["authorization"]
    log.warning("could not place %s for %s", body, asked)
    log.error(f"gave up on {body[:24]} in {room}")  # noqa: G004  # what applications do
    with tracer.start_as_current_span(f"place {asked}") as span:
        span.set_attribute("note.text", body)
        span.set_attribute("found", body.upper())
        span.set_attribute("where", quote(asked))
        span.set_attribute("both", [repr(body), {"said": asked.lower()}])
        span.add_event(f"read {body[8:40]}", {"said": body})
        span.set_status(trace.StatusCode.ERROR, f"no place for {asked}")
    for _ in range(2):
        with engine.begin() as connection:
            connection.execute(
                sa.text("INSERT INTO notes (body) VALUES (:body)"), {"body": body + token + room}
            )
