"""The meter provider that has no ungated door, and the gate in front of every other provider's readers."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics._internal._view_instrument_match import _hash_attributes
from opentelemetry.sdk.metrics._internal.measurement_consumer import SynchronousMeasurementConsumer
from opentelemetry.sdk.metrics._internal.metric_reader_storage import MetricReaderStorage
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricReader
from opentelemetry.sdk.resources import Resource

from telemetry.gate.metric_reader import SweptMetricReader
from telemetry.gate.series import MOST_SERIES, OVERFLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk.metrics._internal.measurement import Measurement
    from opentelemetry.sdk.metrics.export import MetricsData

    from telemetry.gate.metrics import MetricGate

logger = logging.getLogger(__name__)


class GatedStorage(MetricReaderStorage):
    """What one reader has coming: a bounded number of series, told in clean copies."""

    def __init__(self, sdk_config: Any, reader: Any, gate: MetricGate) -> None:
        super().__init__(
            sdk_config,
            reader._instrument_class_temporality,  # noqa: SLF001  # as the SDK's own consumer does
            reader._instrument_class_aggregation,  # noqa: SLF001  # the same
        )
        self._gate = gate

    def consume_measurement(
        self,
        measurement: Measurement,
        should_sample_exemplar: bool = False,  # noqa: ARG002  # the SDK's signature; there are no exemplars
    ) -> None:
        """Aggregate a measurement; when there is no room for its series, in the one for all others."""
        with self._gate.guard:
            for match in self._get_or_init_view_instrument_match(measurement.instrument):
                series = match._attributes_aggregation  # noqa: SLF001  # the SDK has no limit of its own
                if (
                    len(series) >= MOST_SERIES - 1
                    and measurement.attributes != OVERFLOW
                    and _hash_attributes(dict(measurement.attributes or {})) not in series
                ):
                    measurement = replace(measurement, attributes=OVERFLOW)
                    self._gate.overflowed()
                match.consume_measurement(measurement, should_sample_exemplar=False)

    def collect(self) -> MetricsData | None:
        """What there is, through the gate."""
        return self._gate.clean(_RAW_COLLECT(self))


class _GatedConsumer(SynchronousMeasurementConsumer):
    """Gives each measurement to each reader's storage; starts what collects them with the first."""

    def __init__(self, sdk_config: Any, gate: MetricGate, wake: Callable[[], None]) -> None:
        super().__init__(sdk_config, ())
        self._gate, self._wake = gate, wake
        self.start_anew()

    def start_anew(self) -> None:
        """Forget all measurements, in the child of a fork: the parent still has them and sends them."""
        # Reentrant: a callback may make another instrument while it is asked.
        self._lock: Any = threading.RLock()
        self._awake = False
        self._reader_storages = {reader: self._storage(reader) for reader in self._reader_storages}

    def _storage(self, reader: MetricReader) -> GatedStorage:
        return GatedStorage(self._sdk_config, reader, self._gate)

    def add_metric_reader(self, metric_reader: MetricReader) -> None:
        with self._lock:
            self._reader_storages = {**self._reader_storages, metric_reader: self._storage(metric_reader)}

    def consume_measurement(self, measurement: Measurement) -> None:
        if not self._awake:
            self._start()
        for storage in self._reader_storages.values():
            storage.consume_measurement(measurement)

    def register_asynchronous_instrument(self, instrument: Any) -> None:
        super().register_asynchronous_instrument(instrument)
        self._start()

    def _start(self) -> None:
        with self._gate.guard:
            self._awake = True
            self._wake()


class GatedMeterProvider(MeterProvider):
    """A meter provider whose readers see clean copies only, whoever added them.

    Args:
        gate: cleans what is collected, and says who sends.
        readers: the first readers; others may be added at any time.
        wake: called once in each process when there is something to collect.

    """

    def __init__(
        self, gate: MetricGate, readers: Sequence[MetricReader] = (), wake: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(
            resource=Resource.get_empty(), exemplar_filter=AlwaysOffExemplarFilter(), shutdown_on_exit=False
        )
        self._gate = gate
        self._consumer = _GatedConsumer(self._sdk_config, gate, wake)
        self._measurement_consumer = self._consumer
        self._metric_readers: tuple[MetricReader, ...] = ()
        for reader in readers:
            self.add_metric_reader(reader)

    def add_metric_reader(self, metric_reader: MetricReader) -> None:
        """Add a reader, behind the gate; it is flushed and shut down with the others."""
        super().add_metric_reader(metric_reader)
        if metric_reader not in self._metric_readers:
            self._metric_readers = (*self._metric_readers, metric_reader)

    def remove_metric_reader(self, metric_reader: MetricReader) -> None:
        """Shut a reader down."""
        self._metric_readers = tuple(reader for reader in self._metric_readers if reader is not metric_reader)
        super().remove_metric_reader(metric_reader)

    def flush_others(self, timeout: float) -> threading.Thread | None:
        """Start flushing the readers that others added; None when there are none.

        On a thread of its own: not every reader keeps to the time that it is given.
        """
        others = [reader for reader in self._metric_readers if not isinstance(reader, SweptMetricReader)]
        if not others:
            return None

        def flush() -> None:
            for reader in others:
                with self._gate.guard:
                    reader.force_flush(timeout * 1000)

        thread = threading.Thread(target=flush, name="continuum-telemetry-others", daemon=True)
        thread.start()
        return thread

    def _handle_fork(self) -> None:
        # Not the SDK's own: it runs resource detectors, and leaves the parent's counts and the locks of
        # threads that the child doesn't have.
        self._lock = threading.Lock()
        self._meter_lock = threading.Lock()
        MeterProvider._all_metric_readers_lock = threading.Lock()  # noqa: SLF001  # as the SDK does
        for meter in self._meters.values():
            meter._instrument_registration_lock = threading.Lock()  # noqa: SLF001  # has no other way
            meter._instrument_ids_lock = threading.Lock()  # noqa: SLF001  # has no other way
        self._consumer.start_anew()
        for reader in self._metric_readers:
            if isinstance(reader, SweptMetricReader):
                reader.forget()


_STORAGE: Final[Any] = MetricReaderStorage
_READER: Final[Any] = MetricReader
_RAW_COLLECT: Final = MetricReaderStorage.collect
_RAW_READ: Final = MetricReader.collect


def close_side_doors(gate: MetricGate) -> Callable[[], None]:
    """Put a gate in front of the readers of every meter provider, made before or made later; returns the undoing.

    All that a reader is given comes out of its storage. Where another version of the SDK does that in another
    way, no reader gets anything.
    """

    def collect(storage: MetricReaderStorage) -> MetricsData | None:
        return gate.clean(_RAW_COLLECT(storage))

    def reopen() -> None:
        _STORAGE.collect, _READER.collect = _RAW_COLLECT, _RAW_READ

    if _passes_storage():
        _STORAGE.collect = collect
    else:
        logger.error("telemetry: no metrics: this version of OpenTelemetry's SDK hands them on past the gate")
        _READER.collect = lambda *_args, **_named: None
    return reopen


def _passes_storage() -> bool:
    """Whether what readers get comes from ``MetricReaderStorage.collect``, tried with a provider of our own."""
    asked: list[MetricReaderStorage] = []
    before = _STORAGE.collect

    def note(storage: MetricReaderStorage) -> None:
        asked.append(storage)

    _STORAGE.collect = note
    try:
        reader = InMemoryMetricReader()
        MeterProvider([reader], Resource.get_empty(), shutdown_on_exit=False)
        reader.collect()
    finally:
        _STORAGE.collect = before
    return bool(asked)
