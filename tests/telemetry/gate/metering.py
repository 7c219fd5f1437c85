"""Real meters, readers, lanes and bodies for the tests of metrics; only the network is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.sdk.resources import Resource

from telemetry import self_metrics
from telemetry.configuration.settings import Settings
from telemetry.delivery.lane import Lane
from telemetry.delivery.otlp_metrics import TEMPORALITY, OtlpMetricExporter
from telemetry.delivery.sender import Sender
from telemetry.gate.meter_provider import GatedMeterProvider
from telemetry.gate.metric_reader import SweptMetricReader
from telemetry.gate.metrics import MetricGate
from telemetry.gate.scrubbing import Scrubbing
from telemetry.identity import Identity
from telemetry.ledger import End, Ledger
from telemetry.privacy.vocabulary import Profile, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.delivery.parcel import Parcel

RESOURCE = Resource({"service.name": "shop"})


class Doorstep:
    """Where a courier would stand: takes every parcel, and counts it as delivered."""

    def __init__(self, ledger: Ledger, largest: int) -> None:
        self.largest = largest
        self.bodies: list[bytes] = []
        self._ledger = ledger

    def give(self, parcel: Parcel) -> None:
        self.bodies.append(parcel.body)
        self._ledger.end(parcel.signal, End.DELIVERED, parcel.quantity)

    def hurry(self, deadline: float) -> None:
        pass

    def is_settled(self, deadline: float) -> bool:
        return True

    def stop(self) -> None:
        pass

    def forget(self) -> None:
        self.bodies.clear()


class Metering:
    """A gated provider whose points are encoded, and what came out."""

    def __init__(
        self,
        profile: Profile = "strict",
        temporality: str = "cumulative",
        interval: float = 3600.0,
        largest: int = 1_000_000,
        batch: int = 4_096,
    ) -> None:
        self.ledger = Ledger()
        self.vocabulary = Vocabulary(profile)
        scrubbing = Scrubbing(self.vocabulary, lambda: Identity.of(Settings()), self.ledger)
        self.gate = MetricGate(scrubbing, lambda: RESOURCE)
        self.sender = Sender(self.ledger)
        self.doorstep = Doorstep(self.ledger, largest)
        self.exporter = OtlpMetricExporter()
        self.lane: Lane[Any] = Lane(self.sender, self.exporter, self.doorstep, most=65_536, batch=batch)
        self.sender.add(self.lane)
        self.reader = SweptMetricReader(self.lane, self.ledger, interval, TEMPORALITY[temporality])
        self.sender.sweep_with(self.reader.sweep)
        self.provider = GatedMeterProvider(self.gate, [self.reader], self.lane.ensure_running)
        self.meter = self.provider.get_meter(self_metrics.SCOPE)

    def flush(self) -> bytes:
        """Collect and deliver; the bodies of this collection."""
        before = len(self.doorstep.bodies)
        assert self.sender.flush(10)
        snapshot = self.ledger.snapshot()
        assert not any(snapshot["in_flight"].values())
        return b"".join(self.doorstep.bodies[before:])

    def metrics(self) -> dict[str, Any]:
        """The metrics of a new collection by name, as protobuf messages; a name that comes twice is an error."""
        found: dict[str, Any] = {}
        for metric in decoded(self.flush()):
            assert metric.name not in found
            found[metric.name] = metric
        return found

    def close(self) -> None:
        """Stop the sender's thread."""
        self.sender.shutdown(1.0)


def decoded(body: bytes) -> Iterator[Any]:
    """The metrics of a request."""
    for resource_metrics in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            yield from scope_metrics.metrics


def points(metric: Any) -> dict[tuple[tuple[str, Any], ...], Any]:
    """The points of a metric by their attributes; a series that comes twice is an error."""
    found: dict[tuple[tuple[str, Any], ...], Any] = {}
    for point in getattr(metric, metric.WhichOneof("data")).data_points:
        said = tuple(
            sorted(
                (entry.key, getattr(entry.value, entry.value.WhichOneof("value")))
                for entry in point.attributes
            )
        )
        assert said not in found
        found[said] = point
    return found
