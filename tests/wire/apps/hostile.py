"""An application that writes down what it should not, in every place where telemetry could find it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import threading
import traceback
import warnings
from typing import TYPE_CHECKING, Annotated, Any

import sentry_sdk
from fastapi import BackgroundTasks, Body, FastAPI, HTTPException, Request, Response, WebSocket
from foreign import app as foreign_app
from foreign import cache, engine
from opentelemetry import baggage, context, trace
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceFlags, TraceState
from planted import CODE, TENANT
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

app = FastAPI()
app.router.routes.extend(foreign_app.router.routes)
logging.basicConfig(level=logging.INFO)
logger = logging.getLogger("hostile")
tracer = trace.get_tracer("hostile")


class Rude(Exception):  # noqa: N818
    def __repr__(self) -> str:
        return CODE["exception repr"]


@app.post("/spans/{thing}")
async def spans(thing: str, payload: Annotated[Any, Body()], response: Response) -> dict[str, str]:
    response.headers["X-Answer"] = CODE["response header"]
    state = TraceState([("vendor", CODE["link tracestate"])])
    elsewhere = SpanContext(1 << 99, 1 << 33, is_remote=True, trace_flags=TraceFlags(1), trace_state=state)
    foreign_tracer = trace.get_tracer(
        CODE["tracer name"],
        CODE["tracer version"],
        schema_url=f"https://{CODE['tracer schema url']}.example/1",
        attributes={"scope": CODE["tracer attribute"]},
    )
    with (
        tracer.start_as_current_span(
            CODE["span name"], links=[Link(elsewhere, {"link": CODE["link attribute"]})]
        ) as span,
        foreign_tracer.start_as_current_span(CODE["opaque span name"]) as inner,
    ):
        span.set_attribute("free", CODE["attribute"])
        span.set_attribute("thing", thing)
        span.set_attribute("payload", str(payload))
        span.set_attribute("list", [CODE["nested attribute"], "x"])
        span.set_attribute("bytes", CODE["bytes attribute"].encode())
        span.set_attribute("integer", int(CODE["integer attribute"]))
        span.set_attribute(CODE["attribute key"], 1)
        for key in (
            "url.full",
            "http.url",
            "url.path",
            "http.target",
            "user_agent.original",
            "client.address",
        ):
            inner.set_attribute(key, f"/{CODE['semantic attribute']}?{CODE['semantic attribute']}")
        for key in ("db.query.parameter.0", "enduser.id", "messaging.message.body", "rpc.method"):
            inner.set_attribute(key, CODE["semantic attribute"])
        span.add_event(CODE["span event name"], {"event": CODE["span event attribute"]})
        inner.record_exception(ValueError(CODE["recorded exception"]))
        inner.set_status(Status(StatusCode.ERROR, CODE["status description"]))
    token = context.attach(baggage.set_baggage("whose", CODE["baggage set by hand"]))
    with tracer.start_as_current_span("with.baggage"):
        context.detach(token)
    return {"answer": CODE["response body"]}


@app.get("/sql/{thing}")
def sql(thing: str) -> dict[str, int]:
    with engine.connect() as connection:
        connection.execute(text(f"SELECT owner FROM items WHERE owner = '{CODE['sql literal']}'"))
        connection.execute(text(f"SELECT owner FROM items WHERE id = {CODE['sql unquoted number']}"))
        connection.execute(text(f"SELECT 1 /* {CODE['sql comment']} */"))
        connection.execute(text(f"SELECT 1 -- {CODE['sql line comment']}\n + 1"))
        connection.execute(text(f'SELECT id AS "{CODE["sql alias"]}" FROM items'))
        connection.execute(
            text("SELECT owner FROM items WHERE owner = :owner"), {"owner": CODE["sql bound value"]}
        )
        with contextlib.suppress(Exception):
            connection.execute(text(f"SELEKT '{CODE['broken sql']}"))
    return {"length": len(thing)}


@app.get("/insert")
def insert() -> None:
    for _ in range(2):
        with engine.begin() as connection:
            connection.execute(
                text("INSERT INTO items (owner) VALUES (:owner)"), {"owner": CODE["failing insert"]}
            )


@app.get("/redis")
def redis_commands() -> None:
    cache.set(CODE["redis key"], CODE["redis value"])
    cache.get(CODE["redis key"])
    with cache.pipeline() as pipeline:
        pipeline.set(CODE["redis pipeline"], CODE["redis value"]).get(CODE["redis pipeline"]).execute()
    cache.execute_command(CODE["redis error"], CODE["redis value"])


@app.get("/fail/{thing}")
def fail(thing: str) -> None:
    mine = CODE["local variable"]
    try:
        try:
            raise KeyError(CODE["exception context"])
        except KeyError:
            raise ValueError(CODE["exception cause"])  # noqa: B904
    except ValueError as cause:
        error = Rude(f"{CODE['exception text']} {thing}")
        error.add_note(CODE["exception note"])
        with contextlib.suppress(TypeError):
            len(mine, error)  # the frame of a call that fails holds the local variable
        raise error from cause


@app.get("/group")
async def group() -> None:
    inner = ValueError(CODE["group member"])
    inner.add_note(CODE["group inner note"])
    nested = ExceptionGroup(CODE["group message"], [KeyError(CODE["group member"])])
    raise ExceptionGroup(CODE["group message"], [inner, nested])


@app.get("/http-exception")
async def http_exception() -> None:
    raise HTTPException(500, CODE["http exception detail"], headers={"X-Why": CODE["http exception detail"]})


@app.post("/form")
async def form(request: Request) -> None:
    body = (await request.body()).decode()
    logger.info("form %s", body)
    raise LookupError(f"cannot read {body}")


@app.get("/logs")
def logs() -> None:
    logger.info("user %s came", CODE["log argument"])
    logger.info(f"user {CODE['log text']} came")  # noqa: G004
    logger.warning("%(name)s", {"name": CODE["log argument"]})
    logger.error(f"failed: {CODE['log error text']}")  # noqa: G004
    logger.error("failed: %s", CODE["log error argument"], extra={"who": CODE["log extra"]})
    logging.getLogger(CODE["logger name"]).error("plain")
    try:
        raise LookupError(CODE["log exception"])
    except LookupError:
        logger.exception("it failed for %s", CODE["log error argument"], stack_info=True)
        logger.error(traceback.format_exc())
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(CODE["warning"], stacklevel=1)
        logging.captureWarnings(capture=False)


@app.get("/sentry")
def sentry() -> None:
    sentry_sdk.add_breadcrumb(
        message=CODE["breadcrumb message"],
        category=CODE["breadcrumb category"],
        data={"what": CODE["breadcrumb data"], "deep": {"list": [CODE["breadcrumb data"]]}},
    )
    scope = sentry_sdk.get_isolation_scope()
    scope.set_tag("whose", CODE["tag"])
    scope.set_tag(CODE["tag key"], "x")
    scope.set_extra("extra", {"deep": [CODE["extra"]]})
    scope.set_context("own", {"whose": CODE["context"]})
    scope.set_user({"id": CODE["user id"], "email": CODE["user e-mail"], "ip_address": "203.0.113.77"})
    scope.set_transaction_name(CODE["transaction name"])
    scope.fingerprint = [CODE["fingerprint"], "{{ default }}"]
    scope.add_attachment(bytes=CODE["attachment"].encode(), filename=CODE["attachment name"])
    sentry_sdk.capture_message(CODE["captured message"])
    sentry_sdk.capture_event(_event())
    sentry_sdk.logger.error(CODE["sentry log"], attributes={"who": CODE["sentry log"]})
    sentry_sdk.metrics.count("hostile", 1, attributes={"who": CODE["sentry metric"]})
    sentry_sdk.crons.capture_checkin(monitor_slug=CODE["check-in"], status="ok")
    made = CODE["hand-made transaction"]
    if hasattr(sentry_sdk, "start_transaction"):
        with sentry_sdk.start_transaction(name=made, op="hostile", sampled=True):
            pass
    else:  # sentry-sdk 3 streams spans instead
        with sentry_sdk.start_span(name=made):
            pass
    raise LookupError("with all of that")


def _event() -> Any:
    frame = {
        "filename": "hostile.py",
        "function": "made_up",
        "lineno": 1,
        "vars": {"x": CODE["frame local by hand"]},
        "context_line": CODE["frame source by hand"],
        "pre_context": [CODE["frame source by hand"]],
    }
    return {
        "level": "error",
        "logentry": {"message": "user %s", "params": [CODE["event message parameter"]]},
        "request": {"url": f"https://x/{CODE['event request']}", "data": {"x": CODE["event request"]}},
        "threads": {"values": [{"id": 1, "name": CODE["thread name"], "stacktrace": {"frames": [frame]}}]},
        "exception": {
            "values": [
                {
                    "type": "Made",
                    "value": CODE["event message parameter"],
                    "stacktrace": {"frames": [frame]},
                    "mechanism": {"type": "hand", "data": {"x": CODE["event unknown field"]}},
                }
            ]
        },
        "debug_meta": {"x": CODE["event unknown field"]},
        "unheard_of": CODE["event unknown field"],
        "modules": {CODE["event unknown field"] + " x": "1"},
    }


@app.get("/thread")
def thread() -> None:
    def fail_in_thread() -> None:
        raise LookupError(CODE["thread error"])

    other = threading.Thread(target=fail_in_thread, name=CODE["thread name"])
    other.start()
    other.join()


@app.get("/task")
async def task() -> None:
    async def fail_in_task() -> None:
        raise LookupError(CODE["task error"])

    lost = asyncio.create_task(fail_in_task(), name=CODE["thread name"])
    await asyncio.sleep(0.01)
    del lost


@app.get("/background")
async def background(tasks: BackgroundTasks) -> dict[str, bool]:
    def fail_later(what: str) -> None:
        raise LookupError(what)

    tasks.add_task(fail_later, CODE["background error"])
    return {"ok": True}


@app.websocket("/rooms/{room}")
async def room(websocket: WebSocket, room: str) -> None:
    await websocket.accept()
    said = await websocket.receive_text()
    await websocket.send_text(said)
    raise LookupError(f"{CODE['websocket error']} {room} {said}")


@app.get("/talk")
async def talk() -> dict[str, int]:
    """Opens a websocket to this application itself, because no websocket library is installed."""
    messages: Iterator[dict[str, Any]] = iter(
        [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": CODE["websocket message"]}]
    )
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return next(messages, {"type": "websocket.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": f"/rooms/{CODE['websocket path']}",
        "raw_path": f"/rooms/{CODE['websocket path']}".encode(),
        "query_string": CODE["websocket path"].encode(),
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), (b"x-tenant-id", TENANT.encode())],
        "client": ("203.0.113.78", 1),
        "server": ("127.0.0.1", 1),
        "subprotocols": [],
        "state": {},
    }

    async def serve() -> None:
        with contextlib.suppress(LookupError):
            await app(scope, receive, send)

    await asyncio.get_running_loop().create_task(serve(), context=contextvars.Context())
    return {"sent": len(sent)}
