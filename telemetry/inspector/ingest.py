"""Answers the requests that bring telemetry: Sentry envelopes and OTLP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from telemetry.inspector import envelopes, otlp
from telemetry.inspector.decode import MAX_COMPRESSED, RefusedBodyError, decode
from telemetry.inspector.plain import hex_id, load_json
from telemetry.inspector.sentry_error import read_error
from telemetry.inspector.sentry_trace import read_transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from telemetry.inspector.store import Store

    Take = Callable[[bytes, Request], Response]

_ITEM_TYPES = frozenset(
    (
        "event", "transaction", "client_report", "session", "sessions", "attachment", "log", "span",
        "check_in", "feedback", "user_report", "profile", "profile_chunk", "statsd", "trace_metric",
        "replay_event", "replay_recording",
    )
)  # fmt: skip
_PROTOBUF, _JSON = "application/x-protobuf", "application/json"


def routes(store: Store) -> list[Route]:
    """Return the routes that fill ``store``; a bad body gets ``{"error": sentence}`` with a 4xx status.

    - ``POST /api/{project_id}/envelope/``: a Sentry envelope; answers ``{"id": event_id}``, or ``{}`` when it
      carries no id.
    - ``POST /api/{project_id}/integration/otlp/v1/traces|logs`` and ``/v1/traces|logs|metrics``: OTLP;
      answers the protocol's own response, in the content type of the request.

    Keys in ``X-Sentry-Auth``, in the query and in an envelope's ``dsn`` are neither checked nor kept.
    """
    takes: dict[str, Take] = {
        "/api/{project_id}/envelope": lambda body, _: _take_envelope(body, store),
        "/v1/metrics": lambda body, request: _take_metrics(body, request, store),
    }
    for prefix in ("", "/api/{project_id}/integration/otlp"):
        takes[f"{prefix}/v1/traces"] = lambda body, request: _take_traces(body, request, store)
        takes[f"{prefix}/v1/logs"] = lambda body, request: _take_logs(body, request, store)
    return [
        Route(path + slash, _endpoint(take, store), methods=["POST"])
        for path, take in takes.items()
        for slash in ("", "/")
    ]


def _endpoint(take: Take, store: Store) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await _read(request)
            return await run_in_threadpool(
                lambda: take(decode(body, request.headers.get("content-encoding")), request)
            )
        except RefusedBodyError as refused:
            store.count("refused")
            return JSONResponse({"error": refused.sentence}, refused.status)

    return endpoint


async def _read(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_COMPRESSED:
            parts.clear()
        else:
            parts.append(part)
        # A sender that is still writing would see a reset instead of the answer, so a little more is read.
        if size > 4 * MAX_COMPRESSED:
            break
    if size > MAX_COMPRESSED:
        raise RefusedBodyError(413, f"The body is larger than {MAX_COMPRESSED} bytes.")
    return b"".join(parts)


def _take_envelope(body: bytes, store: Store) -> Response:
    envelope = envelopes.parse(body)
    event_id = hex_id(envelope.headers.get("event_id"), 32)
    # Everything is read before anything is kept, so a refused envelope leaves nothing behind.
    payloads = [
        (item.type, _event(item.payload, item.type))
        for item in envelope.items
        if item.type in ("event", "transaction")
    ]
    for kind, payload in payloads:
        if kind == "event":
            error = read_error(payload, event_id)
            event_id = event_id or error["event_id"]
            store.add_error(error)
        else:
            event_id = event_id or hex_id(payload.get("event_id"), 32)
            store.add_spans(read_transaction(payload))
            store.count("transactions")
    store.count_items(item.type if item.type in _ITEM_TYPES else "other" for item in envelope.items)
    return JSONResponse({"id": event_id} if event_id else {})


def _event(payload: bytes, kind: str) -> dict[str, Any]:
    value = load_json(payload, f"The payload of the {kind} item")
    if not isinstance(value, dict):
        raise RefusedBodyError(400, f"The payload of the {kind} item is not a JSON object.")
    return value


def _take_traces(body: bytes, request: Request, store: Store) -> Response:
    as_json = _is_json(request)
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service

    message = otlp.decode_request(body, as_json=as_json, message=service.ExportTraceServiceRequest())
    spans, rejected = otlp.read_traces(message)
    store.add_spans(spans)
    response = service.ExportTraceServiceResponse()
    if rejected:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = "Spans without a valid trace id and span id were left out."
    return _answer(response, as_json=as_json)


def _take_logs(body: bytes, request: Request, store: Store) -> Response:
    as_json = _is_json(request)
    from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as service

    message = otlp.decode_request(body, as_json=as_json, message=service.ExportLogsServiceRequest())
    store.add_logs(otlp.read_logs(message))
    return _answer(service.ExportLogsServiceResponse(), as_json=as_json)


def _take_metrics(body: bytes, request: Request, store: Store) -> Response:
    as_json = _is_json(request)
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service

    message = otlp.decode_request(body, as_json=as_json, message=service.ExportMetricsServiceRequest())
    store.count("metrics", otlp.count_metrics(message))
    return _answer(service.ExportMetricsServiceResponse(), as_json=as_json)


def _is_json(request: Request) -> bool:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in (_PROTOBUF, _JSON):
        raise RefusedBodyError(415, f"OTLP is taken as {_PROTOBUF} or {_JSON}.")
    try:
        import opentelemetry.proto.common.v1.common_pb2  # noqa: F401 # asked for, not used
    except ImportError:
        raise RefusedBodyError(
            415, "OTLP needs the inspector extra: pip install 'continuum-memory[inspector]'."
        ) from None
    return content_type == _JSON


def _answer(message: Any, *, as_json: bool) -> Response:
    if not as_json:
        return Response(message.SerializeToString(), media_type=_PROTOBUF)
    from google.protobuf import json_format  # type: ignore[import-untyped] # protobuf ships no types

    return Response(json_format.MessageToJson(message, indent=None), media_type=_JSON)
