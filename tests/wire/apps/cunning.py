"""An application whose data looks like what telemetry lets through: words, names, routes and labels."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

import sentry_sdk
from fastapi import FastAPI
from foreign import app as foreign_app
from foreign import cache, engine
from opentelemetry import trace
from planted import CUNNING
from sqlalchemy import text

app = FastAPI()
app.router.routes.extend(foreign_app.router.routes)
tracer = trace.get_tracer("cunning")
below = FastAPI()


@app.get("/spans")
async def spans() -> None:
    foreign_tracer = trace.get_tracer("other", schema_url=f"https://{CUNNING['schema url']}.test/1")
    with (
        tracer.start_as_current_span("cunning") as span,
        foreign_tracer.start_as_current_span("other") as other,
    ):
        other.set_attribute("http.route", f"/people/{CUNNING['route attribute']}")
        span.set_attribute("error.type", CUNNING["error type attribute"])
        span.set_attribute("gen_ai.request.model", CUNNING["model name"])
        span.set_attribute("service.name", CUNNING["service name"])
        span.set_attribute("db.query.summary", CUNNING["query summary"])
        span.set_attribute("db.namespace", CUNNING["namespace attribute"])
        span.set_attribute("thread.name", CUNNING["thread name attribute"])
        span.set_attribute("server.address", CUNNING["server address"])
        span.set_attribute("url.full", f"https://{CUNNING['url host']}/x")
        span.set_attribute("card", 4916338506082832.0)
        span.set_attribute("phones", [4916338506.0, 1.5])
        span.add_event("exception", {"exception.type": CUNNING["exception type attribute"]})
        # What a person pastes may look like a traceback.
        said = f'look:\n  File "{logging.__file__}", line 1, in {CUNNING["frame in a message"]}\n'
        try:
            raise ValueError(said)
        except ValueError as error:
            span.record_exception(error)


@app.get("/tenants/{step}")
async def tenants(step: str) -> None:
    with tracer.start_as_current_span(f"sync.{CUNNING['short tenant']}"):
        pass
    with tracer.start_as_current_span(f"sync.{CUNNING['tenant in another case'].lower()}"):
        pass
    with tracer.start_as_current_span("sync") as span:
        span.set_attribute(CUNNING["tenant in a key"], 1)
        span.set_attribute(f"tenant.{CUNNING['tenant in a key']}.size", 1)
    sentry_sdk.set_tag(f"tenant.{CUNNING['tenant in a key']}", "x")
    raise LookupError(step)


@app.get("/sql")
def sql() -> None:
    for statement in (
        f"SELECT owner FROM items WHERE owner = {CUNNING['unquoted sql']}",
        f"SELECT 1 # {CUNNING['sql hash comment']}",
        f"SELECT 1 /* outer /* inner */ {CUNNING['sql nested comment']} */",
        f'SELECT id AS "{CUNNING["sql quoted alias"]}" FROM items',
        f'SELECT id FROM "{CUNNING["sql quoted table"]}"',
        f"SELECT id FROM items WHERE owner = {CUNNING['sql unquoted id']}",
    ):
        with contextlib.suppress(Exception), engine.connect() as connection:
            connection.execute(text(statement))


@app.get("/redis")
def redis_commands() -> None:
    with contextlib.suppress(Exception):
        cache.execute_command(CUNNING["redis command"], "x")


@app.get("/sentry")
def sentry() -> None:
    scope = sentry_sdk.get_isolation_scope()
    scope.set_tag("model_type", CUNNING["tag label"])
    scope.set_context("runtime", {"name": CUNNING["runtime context"], "version": "1"})
    scope.set_context("os", {"name": CUNNING["runtime context"]})
    scope.fingerprint = [CUNNING["fingerprint"]]
    sentry_sdk.add_breadcrumb(
        type=CUNNING["breadcrumb type"], category=CUNNING["breadcrumb category"], message="x"
    )
    logging.getLogger(CUNNING["logger name"]).error("x")
    level: Any = CUNNING["message level"]
    sentry_sdk.capture_message("x", level=level)
    made: Any = {
        "message": "x",
        "dist": CUNNING["event dist"],
        "platform": CUNNING["event platform"],
        "modules": {CUNNING["event module"]: "1"},
        "sdk": {"name": CUNNING["event sdk"], "version": "1"},
        "contexts": {
            "trace": {"status": CUNNING["trace context"], "trace_id": "1" * 32, "span_id": "1" * 16}
        },
    }
    sentry_sdk.capture_event(made)
    for name in (f"GET /people/{CUNNING['transaction path']}", f"{CUNNING['transaction word']} /x"):
        scope.set_transaction_name(name)
        sentry_sdk.capture_message("x")


@app.get("/names")
def names() -> None:
    exec(compile("raise LookupError('x')", f"/home/{CUNNING['file name']}/x.py", "exec"))


@app.get("/made")
def made_at_run_time() -> None:
    with tracer.start_as_current_span(CUNNING["dotted span name"]) as span:
        span.set_attribute(CUNNING["snake case key"], 1)
    space: dict[str, Any] = {}
    code = f"def {CUNNING['made function']}(error):\n    {CUNNING['variable name']} = 1\n    raise error\n"
    exec(code, space)
    space[CUNNING["made function"]](type(CUNNING["made class"], (LookupError,), {})("x"))


@below.get("/{page}")
def page(page: str) -> None:
    if page == "fail":
        raise LookupError("x")


app.mount("/clinics/{clinic}", below)
app.host("people.test", below)
app.host("{whose}.test", foreign_app)
