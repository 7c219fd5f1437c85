"""Metrics to an OTLP endpoint: a collector's, because Sentry takes none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.sdk.metrics import Counter, Histogram, ObservableCounter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricsData,
    ResourceMetrics,
    ScopeMetrics,
)

from telemetry.gate.metric_reader import CleanPoint
from telemetry.gate.metrics import SIGNAL, with_points

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from opentelemetry.sdk.metrics.export import Metric
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    from telemetry.trace_scope import TraceScope

_DELTA = AggregationTemporality.DELTA
TEMPORALITY: Final[Mapping[str, Mapping[type, AggregationTemporality]]] = {
    "cumulative": {},
    "delta": {Counter: _DELTA, Histogram: _DELTA, ObservableCounter: _DELTA},
    "lowmemory": {Counter: _DELTA, Histogram: _DELTA},
}
"""By ``OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE``: what is not cumulative."""
_WEIGHT: Final = 600
"""Bytes that a clean point keeps in memory, about: its attributes and numbers."""


class OtlpMetricExporter:
    """Encodes clean points as an OTLP ``ExportMetricsServiceRequest``."""

    name = "OTLP metrics"

    def signal(self, item: CleanPoint) -> str:  # noqa: ARG002  # every item here is a point
        """Always ``metric``."""
        return SIGNAL

    def weight(self, item: CleanPoint) -> int:  # noqa: ARG002  # points differ little
        """About how many bytes a point keeps in memory."""
        return _WEIGHT

    def gate(self, item: CleanPoint, scope: TraceScope | None) -> CleanPoint | None:  # noqa: ARG002  # no trace's
        """The point: it passed the gate when it was collected. Anything else is withheld."""
        return item if type(item) is CleanPoint else None

    def encode(self, clean: Sequence[CleanPoint]) -> bytes:
        """One protobuf body, each metric in it once."""
        streams: dict[int, tuple[CleanPoint, list[Any]]] = {}
        for item in clean:
            streams.setdefault(id(item.metric), (item, []))[1].append(item.point)
        # The encoder keeps one of two equal resources or scopes, so that they have to be put together before.
        found: dict[Resource, dict[InstrumentationScope, dict[Any, tuple[Metric, list[Any]]]]] = {}
        for (resource, scope, metric, _), points in streams.values():
            metrics = found.setdefault(resource, {}).setdefault(scope, {})
            metrics.setdefault(_identity(metric), (metric, []))[1].extend(points)
        data = MetricsData(
            [
                ResourceMetrics(
                    resource,
                    [
                        ScopeMetrics(
                            scope,
                            [with_points(metric, points) for metric, points in metrics.values()],
                            scope.schema_url or "",
                        )
                        for scope, metrics in scopes.items()
                    ],
                    resource.schema_url,
                )
                for resource, scopes in found.items()
            ]
        )
        body: bytes = encode_metrics(data).SerializeToString()
        return body

    def split(self, body: bytes) -> list[tuple[int, bytes]]:
        """Two bodies with half of the points each; none when there is one point only."""
        number = sum(len(points) for points in _all_points(ExportMetricsServiceRequest.FromString(body)))
        half = number // 2
        if not half:
            return []
        return [(half, _part(body, 0, half)), (number - half, _part(body, half, number))]

    def trim(self, body: bytes) -> bytes | None:  # noqa: ARG002  # a point has nothing to spare
        """None: a point gets no smaller."""
        return None


def _identity(metric: Metric) -> tuple[Any, ...]:
    data = metric.data
    return (
        metric.name,
        metric.unit,
        type(data),
        getattr(data, "aggregation_temporality", None),
        getattr(data, "is_monotonic", None),
    )


def _all_points(request: Any) -> Iterator[Any]:
    """The list of points of each metric in a request."""
    for resource_metrics in request.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                yield getattr(metric, metric.WhichOneof("data")).data_points


def _part(body: bytes, first: int, last: int) -> bytes:
    """A request with the points from ``first`` up to ``last`` alone, and with nothing that is then empty."""
    request = ExportMetricsServiceRequest.FromString(body)
    at = 0
    for points in _all_points(request):
        number = len(points)
        del points[max(0, min(number, last - at)) :]
        del points[: max(0, first - at)]
        at += number
    for resource_metrics in request.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            _drop(
                scope_metrics.metrics,
                lambda metric: not getattr(metric, metric.WhichOneof("data")).data_points,
            )
        _drop(resource_metrics.scope_metrics, lambda scope: not scope.metrics)
    _drop(request.resource_metrics, lambda resource: not resource.scope_metrics)
    part: bytes = request.SerializeToString()
    return part


def _drop(entries: Any, is_empty: Any) -> None:
    """Delete what is empty from a repeated field."""
    for at in range(len(entries) - 1, -1, -1):
        if is_empty(entries[at]):
            del entries[at]
