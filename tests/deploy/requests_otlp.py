"""Makes OTLP requests as anybody could send them, without our gate."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.proto.trace.v1.trace_pb2 import Span

ERROR = 2
SERVER = 2


def value(plain: Any) -> AnyValue:
    """A value of OTLP; a list, a mapping and bytes become what OTLP has for them."""
    if isinstance(plain, bool):
        return AnyValue(bool_value=plain)
    if isinstance(plain, int):
        return AnyValue(int_value=plain)
    if isinstance(plain, bytes):
        return AnyValue(bytes_value=plain)
    if isinstance(plain, list):
        return AnyValue(array_value=ArrayValue(values=[value(one) for one in plain]))
    if isinstance(plain, dict):
        return AnyValue(kvlist_value=KeyValueList(values=attributes(plain)))
    return AnyValue(string_value=plain)


def attributes(plain: Mapping[str, Any]) -> list[KeyValue]:
    """Attributes of OTLP."""
    return [KeyValue(key=key, value=value(one)) for key, one in plain.items()]


def add_span(
    request: ExportTraceServiceRequest,
    name: str = "GET /items/{item_id}",
    *,
    trace_id: str = "",
    resource: Mapping[str, Any] | None = None,
    seconds: float = 0.01,
    failed: bool = False,
    **more: Any,
) -> Span:
    """Add one server span in a resource of its own; ``more`` are its attributes, with ``__`` for dots."""
    of_resource = request.resource_spans.add()
    of_resource.resource.attributes.extend(attributes(resource or {"service.name": "planted"}))
    span = of_resource.scope_spans.add().spans.add(
        name=name,
        kind=SERVER,
        trace_id=bytes.fromhex(trace_id or secrets.token_hex(16)),
        span_id=secrets.token_bytes(8),
        end_time_unix_nano=time.time_ns(),
    )
    span.start_time_unix_nano = span.end_time_unix_nano - int(seconds * 1e9)
    span.attributes.extend(attributes({"http.route": "/items/{item_id}"}))
    span.attributes.extend(attributes({key.replace("__", "."): one for key, one in more.items()}))
    if failed:
        span.status.code = ERROR
    return span


def spans(*names: str, **more: Any) -> bytes:
    """A body with spans of these names."""
    request = ExportTraceServiceRequest()
    for name in names:
        add_span(request, name, **more)
    return request.SerializeToString()


def logs(bodies: Sequence[Any], **more: Any) -> bytes:
    """A body with log records; ``more`` are the attributes of each."""
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    for body in bodies:
        record = records.add(body=value(body), severity_text="ERROR", time_unix_nano=time.time_ns())
        record.attributes.extend(attributes({key.replace("__", "."): one for key, one in more.items()}))
    return request.SerializeToString()
