"""The gate for metrics: clean copies of what a reader collected, without exemplars and within bounds.

No request can be asked about a number that many of them made. So words have to be known here in every
profile, and what isn't known is replaced; series that say the same then become one.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry.sdk.metrics.export import (
    ExponentialHistogram,
    Gauge,
    Histogram,
    Metric,
    MetricsData,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from telemetry.gate.series import OVERFLOW, Series, identity
from telemetry.guard import Guard
from telemetry.ledger import End
from telemetry.privacy import policy, program
from telemetry.privacy.scrub import Scrubber

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.resources import Resource

    from telemetry.gate.scrubbing import Scrubbing

MOST_METRICS: Final = 1_000
"""Metrics of one collection; names that are made up at run time would have no end."""
SIGNAL: Final = "metric"
"""The ledger's name; one item is one data point."""

_MOST_REMEMBERED: Final = 10_000
_UNITS: Final = frozenset(
    {"", "1", "s", "ms", "us", "ns", "min", "h", "By", "KiBy", "MiBy", "kBy", "MBy", "%"}
)
_SCHEMA = re.compile(r"https://opentelemetry\.io/schemas/\d{1,3}(?:\.\d{1,3}){2}")
_CONVENTIONS: Final = ("opentelemetry.semconv.", "opentelemetry.instrumentation.")
_KINDS: Final = (Sum, Gauge, Histogram, ExponentialHistogram)
_HOST: Final = "server.address"


class MetricGate:
    """Cleans what readers collect; safe from any thread.

    Args:
        scrubbing: which words are known, and where is counted.
        resource: who sends; asked for with every collection.

    """

    def __init__(self, scrubbing: Scrubbing, resource: Callable[[], Resource]) -> None:
        self._vocabulary = scrubbing.vocabulary.strictly()
        self._resource = resource
        self._ledger = scrubbing.ledger
        self.guard = Guard(scrubbing.ledger, "metric gate")
        """Keeps in what goes wrong with metrics."""
        self._spoken: set[str] = set()
        self._decided: dict[int, tuple[dict[str, Any], str]] = {}
        self._doubted: set[int] = set()

    def clean(self, data: MetricsData | None) -> MetricsData | None:
        """A clean copy; None when nothing is left. What can't be scrubbed is left out and counted."""
        if data is None:
            return None
        with self.guard:
            streams: dict[tuple[Any, ...], _Stream] = {}
            for resource_metrics in data.resource_metrics:
                for scope_metrics in resource_metrics.scope_metrics:
                    for metric in scope_metrics.metrics:
                        self._add(metric, scope_metrics.scope, streams)
            return self._assembled(streams)
        return None

    def overflowed(self, series: int = 1) -> None:
        """Count what lost its attributes because there was no room for another series."""
        self._ledger.redacted({"overflow": series})

    def _add(
        self, metric: Metric, scope: InstrumentationScope, streams: dict[tuple[Any, ...], _Stream]
    ) -> None:
        """Put a metric's points to those that say the same; whatever goes wrong leaves out as little as can be."""
        withheld = len(metric.data.data_points)
        with self.guard:
            scrubber = Scrubber(self._vocabulary, module=scope.name)
            stream = self._stream(metric, scope, scrubber, streams)
            if stream is not None:
                for point in metric.data.data_points:
                    with self.guard:
                        stream.series.add(point, *self._attributes(metric.name, scope.name, point.attributes))
                        withheld -= 1
                if stream.series.folded:
                    self.overflowed(stream.series.folded)
                    stream.series.folded = 0
            self._ledger.redacted(scrubber.rules)
        if withheld:
            self._ledger.accept(SIGNAL, withheld)
            self._ledger.end(SIGNAL, End.WITHHELD, withheld)

    def _stream(
        self,
        metric: Metric,
        scope: InstrumentationScope,
        scrubber: Scrubber,
        streams: dict[tuple[Any, ...], _Stream],
    ) -> _Stream | None:
        """Where a metric's points belong; None when its name or unit can't be told, or it is of no known kind."""
        data, unit = metric.data, metric.unit or ""
        name_is_known = self._says(metric.name, scope.name) and scrubber.prose(metric.name) == metric.name
        if type(data) not in _KINDS or not name_is_known:
            return None
        if unit not in _UNITS and not self._says(unit, scope.name):
            return None
        clean_scope = _clean_scope(scope, scrubber)
        key = (
            clean_scope,
            metric.name,
            unit,
            type(data),
            getattr(data, "aggregation_temporality", None),
            getattr(data, "is_monotonic", None),
        )
        if key not in streams:
            if len(streams) >= MOST_METRICS:
                return None
            description = metric.description or ""
            said = self._says(description, scope.name) and scrubber.prose(description) == description
            streams[key] = _Stream(
                clean_scope,
                Metric(metric.name, description if said else "", unit, data),
                Series(last_value=isinstance(data, Gauge)),
            )
        return streams[key]

    def _says(self, text: Any, module: str) -> bool:
        """Whether a text stands in the program's code, in that of the module that measures, or in conventions."""
        if type(text) is not str:
            return False
        if text in self._spoken:
            return True
        said = self._vocabulary.knows_key(text, module) or any(
            text in program.words_of(name)[0] for name in tuple(sys.modules) if name.startswith(_CONVENTIONS)
        )
        if said:
            self._spoken.add(text)  # never more than stands in the code
        return said

    def _attributes(
        self, metric: str, module: str, attributes: Mapping[str, Any] | None
    ) -> tuple[Mapping[str, Any], str]:
        """Clean attributes and their identity.

        Decided once for each series: a word that becomes known later would move its count to another series,
        and the one it left would seem to have started anew. A word that is unknown is looked at twice,
        because its module may just be loading.
        """
        if not attributes:
            return {}, "[]"
        if attributes == OVERFLOW:
            return OVERFLOW, identity(OVERFLOW)
        # As text, because -1 and -2 have one hash, and so have 1, 1.0 and True.
        said = hash(
            (metric, module, *((key, type(value), _text(value)) for key, value in attributes.items()))
        )
        if (decided := self._decided.get(said)) is not None:
            return decided
        scrubber = Scrubber(self._vocabulary, module=module)
        clean = {
            key: plain
            for key, value in scrubber.attributes(attributes).items()
            if key != policy.REPLACED_KEY and (plain := _label(value)) is not None
        }
        # A host name that a client sent may name a tenant: acme.example.org.
        if (
            metric.startswith("http.server.")
            and _HOST in clean
            and policy.SHAPES["address"].fullmatch(str(clean[_HOST])) is None
        ):
            del clean[_HOST]
        self._ledger.redacted(scrubber.rules)
        decision = clean, identity(clean)
        if len(self._decided) + len(self._doubted) < _MOST_REMEMBERED:
            if "unknown" in scrubber.rules and said not in self._doubted:
                self._doubted.add(said)
            else:
                self._doubted.discard(said)
                self._decided[said] = decision
        return decision

    def _assembled(self, streams: dict[tuple[Any, ...], _Stream]) -> MetricsData | None:
        scopes: dict[InstrumentationScope, list[Metric]] = {}
        for stream in streams.values():
            if points := stream.series.points:
                metrics = scopes.setdefault(stream.scope, [])
                metrics.append(with_points(stream.metric, points))
        if not scopes:
            return None
        resource = self._resource()
        scope_metrics = [
            ScopeMetrics(scope, metrics, scope.schema_url or "") for scope, metrics in scopes.items()
        ]
        return MetricsData([ResourceMetrics(resource, scope_metrics, resource.schema_url)])


class _Stream(NamedTuple):
    """One metric of one scope on its way out: the clean metric whose points are yet to come, and those points."""

    scope: InstrumentationScope
    metric: Metric
    series: Series


def with_points(metric: Metric, points: list[Any]) -> Metric:
    """The same metric with other points."""
    data: Any = metric.data  # of four kinds, whose points differ
    return replace(metric, data=replace(data, data_points=points))


def _text(value: Any) -> str:
    return value if type(value) is str else repr(value)


def _label(value: Any) -> str | bool | int | float | None:
    """What a series may be told apart by, without what a subclass adds; None for lists and mappings."""
    if isinstance(value, bool):
        return value
    kinds: tuple[Any, ...] = (str, int, float)
    for kind in kinds:
        if isinstance(value, kind):
            plain: str | int | float = value if type(value) is kind else kind.__add__(value, kind())
            return plain
    return None


def _clean_scope(scope: InstrumentationScope, scrubber: Scrubber) -> InstrumentationScope:
    """A scope's name, version and schema; its attributes stay here."""
    return InstrumentationScope(
        scrubber.shaped("identifier", scope.name),
        scrubber.shaped("version", scope.version) if scope.version else None,
        scope.schema_url if _SCHEMA.fullmatch(scope.schema_url or "") else None,
    )
