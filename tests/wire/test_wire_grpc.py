"""Where a collector listens on gRPC alone, everything goes there by gRPC."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from programs import Server

KINDS = {
    "trace": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}


class Collector(grpc.GenericRpcHandler):
    """Takes OTLP over gRPC, whatever the signal."""

    def __init__(self) -> None:
        self.received: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        self.metadata: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self._server = grpc.server(ThreadPoolExecutor(4), handlers=(self,))
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def service(self, call: Any) -> Any:
        kind = call.method.split(".")[3]
        with self._lock:
            self.metadata.append(dict(call.invocation_metadata))

        def take(body: bytes, _context: object) -> bytes:
            with self._lock:
                self.received[kind].append(KINDS[kind].FromString(body))
            return b""

        return grpc.unary_unary_rpc_method_handler(take)

    def close(self) -> None:
        self._server.stop(0).wait()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


@pytest.mark.parametrize(
    "address",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:{port}"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:{port}", "OTEL_EXPORTER_OTLP_INSECURE": "true"},
    ],
    ids=["with a scheme", "without one"],
)
def test_spans_logs_and_metrics_arrive(
    start: Callable[..., Server], collector: Collector, address: dict[str, str]
) -> None:
    server = start(
        settings={
            **{name: value.format(port=collector.port) for name, value in address.items()},
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_EXPORTER_OTLP_HEADERS": "x-scope=seven",
            "OTEL_TRACES_SAMPLER": "always_on",
            "OTEL_LOGS_EXPORTER": "otlp",
        }
    )
    sent = {server.trace("/broken/1") for _ in range(5)}
    server.end()
    spans = [
        span
        for request in collector.received["trace"]
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert {span.trace_id.hex() for span in spans} >= sent
    assert collector.received["logs"]
    assert collector.received["metrics"]
    assert {metadata["x-scope"] for metadata in collector.metadata} == {"seven"}
    assert "telemetry:" not in server.log


def test_a_collector_that_is_away_costs_nothing(start: Callable[..., Server], collector: Collector) -> None:
    port = collector.port
    collector.close()
    server = start(
        settings={
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_TRACES_SAMPLER": "always_on",
            "CONTINUUM_TELEMETRY_SHUTDOWN_TIMEOUT": "2",
        }
    )
    assert server.call("/items/1").status == 200
    time.sleep(1.2)
    assert server.call("/broken/1").status == 500
    began = time.monotonic()
    server.end()
    assert time.monotonic() - began < 4
    assert server.log.count("OTLP traces: not taken") == 1
