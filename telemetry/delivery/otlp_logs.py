"""Log records to an OTLP endpoint: Sentry's own or a collector's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from telemetry.gate.logs import clean_log
from telemetry.pace import breathe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.proto.common.v1.common_pb2 import AnyValue
    from opentelemetry.sdk._logs import ReadableLogRecord

    from telemetry.gate.noted import NotedLog
    from telemetry.gate.scrubbing import Scrubbing
    from telemetry.trace_scope import TraceScope

LONGEST_VALUE: Final = 256
"""Characters of a text that a log record keeps when it is too large for its backend."""
_SLICE: Final = 4
"""Records that are encoded at once."""
_OF_A_LOG: Final = 1024
"""Bytes that a log record keeps in memory before anything is said in it."""


class OtlpLogExporter:
    """Scrubs log records and encodes them as an OTLP ``ExportLogsServiceRequest``."""

    name = "OTLP logs"

    def __init__(self, scrubbing: Scrubbing) -> None:
        self._scrubbing = scrubbing

    def signal(self, item: NotedLog) -> str:  # noqa: ARG002  # every item here is a log record
        """Always ``log``."""
        return "log"

    def weight(self, item: NotedLog) -> int:
        """About the bytes of what was noted."""
        return _OF_A_LOG + item.weight

    def gate(self, item: NotedLog, scope: TraceScope | None) -> ReadableLogRecord:
        """A clean copy of a log record."""
        return clean_log(item, scope, self._scrubbing)

    def encode(self, clean: Sequence[ReadableLogRecord]) -> bytes:
        """One protobuf body, encoded a few at a time.

        Messages that are written one behind the other are one message, whose lists hold what all of them held.
        """
        parts = []
        for start in range(0, len(clean), _SLICE):
            parts.append(_encode(clean[start : start + _SLICE]))
            breathe()
        return b"".join(parts)

    def split(self, body: bytes) -> list[tuple[int, bytes]]:
        """Two bodies with half of the records each; none when there is only one."""
        whole = ExportLogsServiceRequest.FromString(body)
        total = sum(
            len(scope.log_records) for resource in whole.resource_logs for scope in resource.scope_logs
        )
        if total < 2:
            return []
        half = total // 2
        return [(half, _part(whole, 0, half)), (total - half, _part(whole, half, total))]

    def trim(self, body: bytes) -> bytes | None:
        """A record without structured values, its long texts cut; None when that makes it no smaller."""
        request = ExportLogsServiceRequest.FromString(body)
        for resource in request.resource_logs:
            for scope in resource.scope_logs:
                for record in scope.log_records:
                    _cut(record.body)
                    for attribute in record.attributes:
                        _cut(attribute.value)
        trimmed: bytes = request.SerializeToString()
        return trimmed if len(trimmed) < len(body) else None


def _cut(value: AnyValue) -> None:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        value.string_value = value.string_value[:LONGEST_VALUE]
    elif kind in ("array_value", "kvlist_value"):
        value.ClearField(kind)


def _encode(clean: Sequence[ReadableLogRecord]) -> bytes:
    body: bytes = encode_logs(clean).SerializeToString()
    return body


def _part(whole: ExportLogsServiceRequest, start: int, end: int) -> bytes:
    """The records from one position to another, below copies of their resources and scopes."""
    part = ExportLogsServiceRequest()
    position = 0
    for resource in whole.resource_logs:
        into_resource = None
        for scope in resource.scope_logs:
            chosen = scope.log_records[max(0, start - position) : max(0, end - position)]
            position += len(scope.log_records)
            if not chosen:
                continue
            if into_resource is None:
                into_resource = part.resource_logs.add(
                    resource=resource.resource, schema_url=resource.schema_url
                )
            into_resource.scope_logs.add(scope=scope.scope, schema_url=scope.schema_url, log_records=chosen)
    encoded: bytes = part.SerializeToString()
    return encoded
