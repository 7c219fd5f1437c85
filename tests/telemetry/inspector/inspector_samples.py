"""Builds the real bytes that applications would send: OTLP by its encoder, envelopes by Sentry's SDK."""

from __future__ import annotations

import time
from typing import Any

from opentelemetry import trace as api
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from sentry_sdk.envelope import Envelope, Item, PayloadRef

SCRIPT = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
MS = 1_000_000


class Recorder:
    """A tracer whose spans have exact times, given as milliseconds after its start."""

    def __init__(self, service: str = "continuum", ago: float = 5.0) -> None:
        self._exporter = InMemorySpanExporter()
        resource = Resource(
            {"service.name": service, "service.version": "0.3.0", "deployment.environment.name": "dev"}
        )
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("continuum.samples", "1")
        self.start = time.time_ns() - int(ago * 1e9)

    def span(
        self,
        name: str,
        start: float,
        end: float,
        parent: api.Span | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        *,
        attributes: dict[str, Any] | None = None,
        failed: str | None = None,
        event: tuple[str, float, dict[str, Any]] | None = None,
    ) -> api.Span:
        context = api.set_span_in_context(parent) if parent else None
        span = self._tracer.start_span(
            name, context, kind, attributes, start_time=self.start + int(start * MS)
        )
        if event:
            span.add_event(event[0], event[2], self.start + int(event[1] * MS))
        if failed is not None:
            span.set_status(StatusCode.ERROR, failed)
        span.end(self.start + int(end * MS))
        return span

    def finished(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def request(self) -> Any:
        return encode_spans(self.finished())


def recall(ago: float = 5.0) -> tuple[Recorder, api.Span, api.Span]:
    """A recall that failed in its database: the recorder, the root and the span that the error belongs to."""
    r = Recorder(ago=ago)
    root = r.span("POST /v1/recall", 0, 184.3, None, SpanKind.SERVER, attributes={
        "http.request.method": "POST", "http.route": "/v1/recall", "http.response.status_code": 500,
        "url.path": "/v1/recall", "url.query": "[redacted:url-query len=41]",
        "continuum.tenant": "t1_9f3c2ab07d",
        "user_agent.original": "continuum-client/0.3", "client.address": "[redacted:client-address]",
    }, failed="[redacted:exception-message len=58]")  # fmt: skip
    r.span(
        "authenticate",
        1.2,
        9.4,
        root,
        attributes={"auth.scheme": "bearer", "auth.token": "[redacted:credential len=64]"},
    )
    service = r.span("memory.recall", 10.1, 180.2, root, attributes={
        "memory.query": "[redacted:memory-text len=112]", "memory.limit": 20,
        "memory.hits": 0, "note": SCRIPT,
    })  # fmt: skip
    cache = {"db.system.name": "redis", "server.address": "localhost", "server.port": 6379}
    r.span(
        "GET",
        11.0,
        12.3,
        service,
        SpanKind.CLIENT,
        attributes=cache | {"db.query.text": "GET ?", "cache.hit": False},
    )
    sql = (
        "SELECT memories.id, memories.text, memories.created FROM memories "
        "WHERE memories.tenant = ? AND memories.embedding <-> ? < ? LIMIT ?"
    )
    database = {"db.system.name": "postgresql", "db.namespace": "continuum", "server.address": "localhost"}
    r.span(
        "SELECT continuum.concepts",
        14.0,
        31.5,
        service,
        SpanKind.CLIENT,
        attributes=database | {"db.query.text": "SELECT id FROM concepts WHERE name IN (?, ?, ?)"},
    )
    r.span(
        "POST embeddings",
        33.0,
        96.4,
        service,
        SpanKind.CLIENT,
        attributes={
            "http.request.method": "POST",
            "http.response.status_code": 200,
            "server.address": "embeddings.internal",
        },
    )
    r.span("ranking.normalise", 97.0, 99.8, service)
    failing = r.span(
        "SELECT continuum.memories", 101.0, 176.9, service, SpanKind.CLIENT,
        attributes=database | {"db.query.text": sql},
        failed="OperationalError",
        event=("exception", 176.2, {
            "exception.type": "sqlalchemy.exc.OperationalError",
            "exception.message": "[redacted:exception-message len=58]", "exception.escaped": "False",
        }),
    )  # fmt: skip
    r.span(
        "SET", 177.2, 178.0, service, SpanKind.CLIENT, attributes=cache | {"db.query.text": "SET ? ? EX ?"}
    )
    return r, root, failing


def ids(span: api.Span) -> tuple[str, str]:
    context = span.get_span_context()
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def _frame(function: str, module: str, line: int, *, in_app: bool, **more: Any) -> dict[str, Any]:
    return {
        "function": function, "module": module, "filename": module.replace(".", "/") + ".py",
        "lineno": line, "in_app": in_app, **more,
    }  # fmt: skip


def error_event(trace_id: str, span_id: str, event_id: str = "a" * 32) -> dict[str, Any]:
    """An event with a cause and eight frames, as Sentry's SDK would send it after scrubbing."""
    source = {
        "pre_context": ["    statement = select(memories).where(", "        memories.c.tenant == tenant,",
            "    ).limit(limit)"],
        "context_line": "    rows = await session.execute(statement)",
        "post_context": ["    return [Memory.from_row(row) for row in rows]", ""],
    }  # fmt: skip
    frames = [
        _frame("app", "starlette.middleware.exceptions", 42, in_app=False),
        _frame("run_endpoint_function", "fastapi.routing", 301, in_app=False),
        _frame(
            "post_recall",
            "continuum.api.routes.memories",
            88,
            in_app=True,
            context_line="    found = await memory.recall(query, limit=body.limit)",
        ),
        _frame("recall", "continuum.core.memory", 154, in_app=True, **source),
        _frame("execute", "sqlalchemy.ext.asyncio.session", 463, in_app=False),
        _frame("greenlet_spawn", "sqlalchemy.util._concurrency_py3k", 203, in_app=False),
        _frame("_execute_context", "sqlalchemy.engine.base", 1971, in_app=False),
        _frame("do_execute", "sqlalchemy.engine.default", 941, in_app=False),
    ]
    now = time.time()
    return {
        "event_id": event_id, "timestamp": now - 4.8, "level": "error", "platform": "python",
        "release": "continuum@0.3.0", "environment": "development", "server_name": "api-1",
        "transaction": "/v1/recall", "user": {"id": "t1_9f3c2ab07d"},
        "sdk": {"name": "sentry.python", "version": "2.75.0"},
        "tags": {"operation": "recall", "tenant": "t1_9f3c2ab07d", "evil": SCRIPT},
        "contexts": {
            "trace": {"trace_id": trace_id, "span_id": span_id, "op": "http.server"},
            "runtime": {"name": "CPython", "version": "3.11.7"},
            "memory": {"query": "[redacted:memory-text len=112]", "limit": 20},
        },
        "request": {"method": "POST", "url": "http://127.0.0.1:8000/v1/recall",
            "headers": {"authorization": "[Filtered]"}},
        "exception": {"values": [
            {
                "type": "ConnectionResetError", "module": "builtins",
                "value": "[Errno 104] Connection reset by peer",
                "mechanism": {"type": "chained", "exception_id": 1, "parent_id": 0, "handled": False},
                "stacktrace": {"frames": [_frame("_read", "psycopg.connection_async", 512, in_app=False)]},
            },
            {
                "type": "OperationalError", "module": "sqlalchemy.exc",
                "value": "(psycopg.OperationalError) lost input for [redacted:memory-text len=112]",
                "mechanism": {"type": "fastapi", "exception_id": 0, "handled": False},
                "stacktrace": {"frames": frames},
            },
        ]},
        "breadcrumbs": {"values": [
            {"timestamp": now - 5.0, "category": "auth", "level": "info", "message": "tenant bound"},
            {"timestamp": now - 4.9, "category": "redis", "level": "info", "message": "GET ?",
             "data": {"hit": False}},
            {"timestamp": now - 4.8, "category": "pool", "level": "warning",
             "message": "connection [redacted:dsn len=61] is stale"},
        ]},
    }  # fmt: skip


def error_envelope(trace_id: str, span_id: str, event_id: str = "a" * 32) -> bytes:
    envelope = Envelope(headers={"event_id": event_id, "dsn": "http://topsecretkey@127.0.0.1/1"})
    envelope.add_event(error_event(trace_id, span_id, event_id))
    return envelope.serialize()


def transaction_envelope(trace_id: str = "c" * 32, event_id: str = "d" * 32) -> bytes:
    now = time.time() - 40
    envelope = Envelope(headers={"event_id": event_id})
    transaction = {
        "event_id": event_id, "type": "transaction", "transaction": "GET /v1/concepts",
        "release": "continuum@0.3.0",
        "start_timestamp": now, "timestamp": now + 0.042,
        "contexts": {
            "trace": {"trace_id": trace_id, "span_id": "1" * 16, "op": "http.server", "status": "ok"},
            "otel": {"resource": {"service.name": "continuum"}, "attributes": {"http.route": "/v1/concepts"}},
        },
        "spans": [{
            "trace_id": trace_id, "span_id": "2" * 16, "parent_span_id": "1" * 16, "op": "db.sql.query",
            "description": "SELECT name FROM concepts WHERE tenant = ?", "status": "ok",
            "start_timestamp": now + 0.005, "timestamp": now + 0.031, "data": {"db.system": "sqlite"},
        }],
    }  # fmt: skip
    envelope.add_item(Item(PayloadRef(json=transaction), type="transaction"))
    return envelope.serialize()
