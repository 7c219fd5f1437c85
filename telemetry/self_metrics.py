"""What telemetry says about itself as metrics: the ledger, asked whenever somebody collects."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.metrics import Observation
from opentelemetry.semconv._incubating.metrics import otel_metrics

from telemetry.ledger import End
from telemetry.privacy import policy, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from opentelemetry.metrics import CallbackOptions, Meter

    from telemetry.ledger import Ledger

SCOPE: Final = __name__
"""The name for the meter: what stands in this module's code is known to the gate."""

_OTHER: Final = "other"
# OpenTelemetry's conventions know these exporters, and what failed there by ``error.type``.
_EXPORTED: Final = {
    "span": (otel_metrics.OTEL_SDK_EXPORTER_SPAN_EXPORTED, "{span}"),
    "log": (otel_metrics.OTEL_SDK_EXPORTER_LOG_EXPORTED, "{log_record}"),
    "metric": (otel_metrics.OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED, "{data_point}"),
}
_IN_FLIGHT: Final = {
    "span": (otel_metrics.OTEL_SDK_EXPORTER_SPAN_INFLIGHT, "{span}"),
    "log": (otel_metrics.OTEL_SDK_EXPORTER_LOG_INFLIGHT, "{log_record}"),
    "metric": (otel_metrics.OTEL_SDK_EXPORTER_METRIC_DATA_POINT_INFLIGHT, "{data_point}"),
}
_RULES: Final = frozenset({*policy.RULES, "overflow"})
_FAILED: Final = (End.REJECTED, End.TOO_LARGE, End.EXPIRED)


def register(meter: Meter, ledger: Ledger, queues: Callable[[], Mapping[str, int]] = dict) -> None:
    """Make the instruments; labels are words of closed lists, and ``other``.

    Args:
        meter: of a provider that stands behind the gate, named ``SCOPE``.
        ledger: what is told.
        queues: how many items wait, by the name of the exporter they wait for.

    """
    told = _Told(ledger)

    def counter(name: str, unit: str, description: str, observe: _Observe) -> None:
        meter.create_observable_counter(name, [_callback(observe)], unit, description)

    def level(name: str, unit: str, description: str, observe: _Observe) -> None:
        meter.create_observable_up_down_counter(name, [_callback(observe)], unit, description)

    counter(
        "continuum.telemetry.items.accepted",
        "{item}",
        "Items that came to a gate",
        lambda: told.by_signal("accepted"),
    )
    counter(
        "continuum.telemetry.items.replayed",
        "{item}",
        "Items that came back from disk",
        lambda: told.by_signal("replayed"),
    )
    counter("continuum.telemetry.items.ended", "{item}", "How items ended", told.ended)
    level(
        "continuum.telemetry.items.in_flight",
        "{item}",
        "Items that have not ended",
        lambda: told.by_signal("in_flight"),
    )
    counter(
        "continuum.telemetry.redactions", "{redaction}", "How often each privacy rule acted", told.redactions
    )
    counter("continuum.telemetry.faults", "{fault}", "Exceptions that telemetry kept to itself", told.faults)
    level(
        "continuum.telemetry.queue.size",
        "{item}",
        "Items that wait for the sender",
        lambda: _labelled(queues(), "place", words.PLACES),
    )
    for signal, (name, unit) in _EXPORTED.items():
        counter(name, unit, "Items whose export has finished", partial(told.exported, signal))
    for signal, (name, unit) in _IN_FLIGHT.items():
        level(name, unit, "Items on their way", partial(told.in_flight, signal))


class _Told:
    """Readings of a ledger, each a list of numbers with their labels."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def by_signal(self, part: str) -> Iterator[_Reading]:
        return _labelled(self._part(part), "signal", words.SIGNALS)

    def ended(self) -> Iterator[_Reading]:
        totals: Counter[tuple[str, str]] = Counter()
        for signal, ends in self._part("ended").items():
            for end, number in ends.items():
                totals[_known(signal, words.SIGNALS), end] += number
        for (signal, end), number in totals.items():
            yield number, {"continuum.telemetry.signal": signal, "continuum.telemetry.end": end}

    def redactions(self) -> Iterator[_Reading]:
        return _labelled(self._part("redactions"), "rule", _RULES)

    def faults(self) -> Iterator[_Reading]:
        places: Counter[str] = Counter()
        for place, number in self._part("faults").items():
            places[_place(place)] += number
        return _labelled(places, "place", words.PLACES)

    def exported(self, signal: str) -> Iterator[_Reading]:
        ends = self._part("ended").get(signal, {})
        if End.DELIVERED in ends:
            yield ends[End.DELIVERED], {}
        for end in _FAILED:
            if end in ends:
                yield ends[end], {"error.type": end.value}

    def in_flight(self, signal: str) -> Iterator[_Reading]:
        part = self._part("in_flight")
        if signal in part:
            yield part[signal], {}

    def _part(self, name: str) -> dict[str, Any]:
        return self._ledger.snapshot()[name]


def _labelled(numbers: Mapping[str, int], label: str, known: Iterable[str]) -> Iterator[_Reading]:
    """One reading for each known word, and one for all others."""
    totals: Counter[str] = Counter()
    for word, number in numbers.items():
        totals[_known(word, known)] += number
    for word, number in totals.items():
        yield number, {f"continuum.telemetry.{label}": word}


def _known(word: str, words_known: Any) -> str:
    return word if word in words_known else _OTHER


def _place(fault: str) -> str:
    """Where a fault was kept in, without the class that stood there and the exception's type."""
    place = fault.partition(":")[0].partition(" of ")[0]
    if place in words.PLACES:
        return place
    return place.removesuffix(" gate").removesuffix(" delivery")


def _callback(observe: _Observe) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda _options: [Observation(number, labels) for number, labels in observe()]


if TYPE_CHECKING:
    _Reading = tuple[int, dict[str, str]]
    _Observe = Callable[[], Iterator[_Reading]]
