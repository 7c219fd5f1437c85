"""Decodes OTLP requests, protobuf or JSON, into spans and logs."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from telemetry.inspector import redactions
from telemetry.inspector.decode import RefusedBodyError
from telemetry.inspector.plain import MAX_DEPTH, hex_id, load_json, plain, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
    from opentelemetry.proto.trace.v1 import trace_pb2

    from telemetry.inspector.records import Log, Span

_Message = TypeVar("_Message")

_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_STATUS = ("unset", "ok", "error")
_HEX_KEYS = {"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"}


class Spans(NamedTuple):
    """The spans of one request, and how many were left out because their ids are invalid."""

    spans: list[Span]
    rejected: int


def read_traces(request: ExportTraceServiceRequest) -> Spans:
    """Read every span of a request; a span without valid trace and span ids is counted as rejected."""
    spans: list[Span] = []
    rejected = 0
    for group in request.resource_spans:
        resource = _attributes(group.resource.attributes)
        for scoped in group.scope_spans:
            for span in scoped.spans:
                if hex_id(span.trace_id.hex(), 32) and hex_id(span.span_id.hex(), 16):
                    spans.append(_span(span, resource, scoped.scope.name))
                else:
                    rejected += 1
    return Spans(spans, rejected)


def read_logs(request: ExportLogsServiceRequest) -> list[Log]:
    """Read every log record of a request."""
    return [
        _log(record, scoped.scope.name)
        for group in request.resource_logs
        for scoped in group.scope_logs
        for record in scoped.log_records
    ]


def count_metrics(request: ExportMetricsServiceRequest) -> int:
    """Count the metrics of a request; their points are not kept."""
    return sum(len(scoped.metrics) for group in request.resource_metrics for scoped in group.scope_metrics)


def decode_request(body: bytes, *, as_json: bool, message: _Message) -> _Message:
    """Fill an empty protobuf request from a body.

    Raises:
        RefusedBodyError: 400 when the body is not such a request.

    """
    from google.protobuf import json_format  # type: ignore[import-untyped] # protobuf ships no types
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # protobuf ships no types

    try:
        if as_json:
            content = load_json(body, "The body")
            if not isinstance(content, dict):
                raise TypeError
            json_format.ParseDict(_ids_as_base64(content), message, ignore_unknown_fields=True)
        else:
            message.ParseFromString(body)  # type: ignore[attr-defined] # a protobuf message has it
    except (DecodeError, json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError):
        encoding = "JSON" if as_json else "protobuf"
        raise RefusedBodyError(400, f"The body is not a valid OTLP {encoding} request.") from None
    return message


def _ids_as_base64(value: Any) -> Any:
    """OTLP/JSON writes ids as hex where protobuf's own JSON form expects base64."""
    if isinstance(value, dict):
        return {
            key: base64.b64encode(bytes.fromhex(item)).decode()
            if key in _HEX_KEYS and isinstance(item, str)
            else _ids_as_base64(item)
            for key, item in value.items()
        }
    return [_ids_as_base64(item) for item in value] if isinstance(value, list) else value


def _span(span: trace_pb2.Span, resource: dict[str, Any], scope: str) -> Span:
    result: Span = {
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_span_id": hex_id(span.parent_span_id.hex(), 16),
        "name": text(span.name) or "(unnamed)",
        "kind": _KINDS[span.kind] if 0 <= span.kind < len(_KINDS) else "unspecified",
        "status": {
            "code": _STATUS[span.status.code] if 0 <= span.status.code < len(_STATUS) else "unset",
            "message": text(span.status.message),
        },
        "start_ms": _ms(span.start_time_unix_nano),
        "duration_ms": max(0, span.end_time_unix_nano - span.start_time_unix_nano) / 1_000_000,
        "service": text(resource["service.name"]) if "service.name" in resource else None,
        "scope": text(scope) or None,
        "attributes": _attributes(span.attributes),
        "resource": resource,
        "events": [
            {
                "name": text(event.name),
                "time_ms": _ms(event.time_unix_nano),
                "attributes": _attributes(event.attributes),
            }
            for event in span.events[:128]
        ],
        "links": [
            {
                "trace_id": link.trace_id.hex(),
                "span_id": link.span_id.hex(),
                "attributes": _attributes(link.attributes),
            }
            for link in span.links[:128]
        ],
        "source": "otlp",
        "redactions": {},
    }
    seen = [
        result["name"],
        result["status"]["message"],
        result["attributes"],
        result["events"],
        result["links"],
    ]
    result["redactions"] = redactions.count(seen)
    return result


def _log(record: LogRecord, scope: str) -> Log:
    body = _value(record.body, MAX_DEPTH)
    attributes = _attributes(record.attributes)
    nanos = record.time_unix_nano or record.observed_time_unix_nano
    return {
        "time_ms": _ms(nanos) if nanos else time.time() * 1000,
        "severity": text(record.severity_text) or "unspecified",
        "body": body,
        "attributes": attributes,
        "scope": text(scope) or None,
        "trace_id": hex_id(record.trace_id.hex(), 32),
        "span_id": hex_id(record.span_id.hex(), 16),
        "redactions": redactions.count([body, attributes]),
    }


def _ms(nanos: int) -> float:
    # Whole microseconds: more would not survive a float of this size.
    return nanos // 1_000 / 1_000


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return plain({pair.key: _value(pair.value, MAX_DEPTH) for pair in pairs})  # type: ignore[no-any-return] # a dict stays one


def _value(value: AnyValue, depth: int) -> Any:
    kind = value.WhichOneof("value")
    if depth <= 0:
        return "…"
    if kind == "array_value":
        return [_value(item, depth - 1) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value, depth - 1) for pair in value.kvlist_value.values}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return plain(getattr(value, kind)) if kind else None
