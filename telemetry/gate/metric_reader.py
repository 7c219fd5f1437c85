"""Reads metrics at intervals, when the sender says so, and hands their points to it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.metrics.export import MetricReader

from telemetry.gate.metrics import SIGNAL
from telemetry.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.metrics.export import AggregationTemporality, Metric, MetricsData
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    from telemetry.delivery.lane import Lane
    from telemetry.ledger import Ledger

INTERVAL: Final = 60.0
"""Seconds between collections, as OpenTelemetry's specification has it."""
LAST_COLLECTION: Final = 1.0
"""Seconds that a flush waits for callbacks of the application."""


class CleanPoint(NamedTuple):
    """One data point that has passed the gate, and what it belongs to; the ledger counts these."""

    resource: Resource
    scope: InstrumentationScope
    metric: Metric
    point: Any


class SweptMetricReader(MetricReader):
    """Collects when the sender asks and the time has come, or at once before a flush.

    Args:
        lane: takes the points.
        ledger: where they are counted as accepted.
        interval: seconds between collections.
        temporality: by class of instrument; the SDK's default is cumulative.

    """

    def __init__(
        self,
        lane: Lane[CleanPoint],
        ledger: Ledger,
        interval: float = INTERVAL,
        temporality: Mapping[type, AggregationTemporality] | None = None,
    ) -> None:
        super().__init__(None if temporality is None else dict(temporality))
        self._lane, self._ledger, self._interval = lane, ledger, interval
        self._guard = Guard(ledger, "metric reader")
        self._stopped = False
        self.forget()

    def forget(self) -> None:
        """Begin a new interval, in the child of a fork."""
        self._last = time.monotonic()
        self._collecting = threading.Lock()

    def sweep(self, older_than: float) -> None:
        """Collect when an interval has passed; with 0.0 at once, and wait for it.

        The sender calls this now and then. It isn't done on the sender's thread, because a callback of the
        application that never returns would hold up all else; nor on one that flushes, because a signal
        handler may have come in while that held an instrument's lock.
        """
        if self._stopped or (older_than > 0.0 and time.monotonic() - self._last < self._interval):
            return
        self._last = time.monotonic()
        wait = LAST_COLLECTION if older_than == 0.0 else 0.0
        thread = threading.Thread(
            target=self._collect_once, args=(wait,), name="continuum-telemetry-metrics", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # the interpreter is going down, so nobody is measuring any more
            self._collect_once(wait)
        else:
            thread.join(wait)

    def _collect_once(self, wait: float) -> None:
        """Collect, after a collection that is going on."""
        if not self._collecting.acquire(timeout=wait):
            self._ledger.fault("metric reader: still collecting")
            return
        try:
            with self._guard, suppress_instrumentation():
                self.collect()
        finally:
            self._collecting.release()

    def _receive_metrics(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 10_000,  # noqa: ARG002  # the SDK's signature
        **_named: Any,
    ) -> None:
        points = [
            CleanPoint(resource_metrics.resource, scope_metrics.scope, metric, point)
            for resource_metrics in metrics_data.resource_metrics
            for scope_metrics in resource_metrics.scope_metrics
            for metric in scope_metrics.metrics
            for point in metric.data.data_points
        ]
        self._ledger.accept(SIGNAL, len(points))
        self._lane.submit(points, None)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Collect and deliver within some milliseconds."""
        with self._guard:
            return self._lane.flush(timeout_millis / 1000)
        return False

    def shutdown(self, timeout_millis: float = 30_000, **_named: Any) -> None:  # noqa: ARG002  # the SDK's signature
        """Collect one last time; what was collected is delivered by the sender."""
        self.sweep(0.0)
        self._stopped = True
