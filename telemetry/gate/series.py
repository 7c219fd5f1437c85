"""Merges the points of one metric whose attributes are the same after scrubbing, and bounds their number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.metrics.export import (
    Buckets,
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    NumberDataPoint,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_SERIES: Final = 2_000
"""Series of one metric, the one for all others among them: the number that OpenTelemetry's specification gives."""
MOST_BUCKETS: Final = 160
"""Buckets of an exponential histogram on each side of zero, as the SDK has them by default."""
OVERFLOW: Final[Mapping[str, bool]] = {"otel.metric.overflow": True}
"""The attributes of the series that stands for all those there was no room for."""

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


def identity(attributes: Mapping[str, Any]) -> str:
    """What tells two series apart: 1, 1.0 and True are different values to OpenTelemetry."""
    return repr(sorted(attributes.items()))


class Series:
    """The points of one metric, one for each set of clean attributes.

    Sums and histograms that fall together are added up; of gauges the latest stays, as it does when a view
    takes an attribute away. Adding up keeps totals right in either temporality.
    """

    def __init__(self, *, last_value: bool) -> None:
        self.folded = 0
        """Points that went into the overflow series."""
        self._last_value = last_value
        self._points: dict[str, Any] = {}

    def add(self, point: Any, attributes: Mapping[str, Any], key: str) -> None:
        """Take a point under clean attributes whose ``identity`` is ``key``.

        Raises:
            TypeError, ValueError, OverflowError: for numbers that no protocol can carry, or points that
                can't be added up.

        """
        full = len(self._points) >= MOST_SERIES - 1
        if full and key not in self._points and key != _OVERFLOW_KEY:
            attributes, key = OVERFLOW, _OVERFLOW_KEY
            self.folded += 1
        clean = _copied(point, attributes)
        before = self._points.get(key)
        if before is not None:
            clean = _latest(before, clean) if self._last_value else _sum(before, clean)
        self._points[key] = clean

    @property
    def points(self) -> list[Any]:
        """One clean point a series."""
        return list(self._points.values())


_OVERFLOW_KEY = identity(OVERFLOW)


def _number(value: Any) -> int | float:
    """A plain number that fits into 64 bits."""
    return _count(value) if isinstance(value, int) else float(value)


def _count(value: int) -> int:
    plain = int.__add__(value, 0)  # of a subclass as well, without asking it
    if not _LEAST <= plain <= _MOST:
        raise ValueError("a number of more than 64 bits")
    return plain


def _copied(point: Any, attributes: Mapping[str, Any]) -> Any:
    """A point with plain numbers, without exemplars."""
    times = {"start_time_unix_nano": point.start_time_unix_nano, "time_unix_nano": point.time_unix_nano}
    if isinstance(point, NumberDataPoint):
        return NumberDataPoint(attributes, **times, value=_number(point.value), exemplars=[])
    distribution = {
        **times,
        "count": _count(point.count),
        "sum": _number(point.sum),
        "min": _number(point.min),
        "max": _number(point.max),
        "exemplars": [],
    }
    if isinstance(point, HistogramDataPoint):
        return HistogramDataPoint(
            attributes,
            **distribution,
            bucket_counts=[_count(count) for count in point.bucket_counts],
            explicit_bounds=[float(bound) for bound in point.explicit_bounds],
        )
    if isinstance(point, ExponentialHistogramDataPoint):
        return ExponentialHistogramDataPoint(
            attributes,
            **distribution,
            scale=point.scale,
            zero_count=_count(point.zero_count),
            positive=_copied_buckets(point.positive),
            negative=_copied_buckets(point.negative),
            flags=point.flags,
        )
    raise TypeError("a kind of point that nobody here knows")


def _copied_buckets(buckets: Buckets) -> Buckets:
    return Buckets(buckets.offset, [_count(count) for count in buckets.bucket_counts])


def _latest(one: Any, other: Any) -> Any:
    return one if one.time_unix_nano > other.time_unix_nano else other


def _sum(one: Any, other: Any) -> Any:
    """Two points of one kind as one, over the time of both."""
    known = [point.start_time_unix_nano for point in (one, other) if point.start_time_unix_nano is not None]
    times = {
        "start_time_unix_nano": min(known, default=None),
        "time_unix_nano": max(one.time_unix_nano, other.time_unix_nano),
    }
    if isinstance(one, NumberDataPoint):
        return replace(one, **times, value=_number(one.value + other.value))
    distribution = {
        **times,
        "count": one.count + other.count,
        "sum": one.sum + other.sum,
        "min": min(one.min, other.min),
        "max": max(one.max, other.max),
    }
    if isinstance(one, HistogramDataPoint):
        if one.explicit_bounds != other.explicit_bounds:
            raise ValueError("histograms with different bounds")
        counts = [a + b for a, b in zip(one.bucket_counts, other.bucket_counts, strict=True)]
        return replace(one, **distribution, bucket_counts=counts)
    return _sum_of_exponential(one, other, distribution)


def _sum_of_exponential(
    one: ExponentialHistogramDataPoint, other: ExponentialHistogramDataPoint, distribution: dict[str, Any]
) -> ExponentialHistogramDataPoint:
    """Both at the finest scale that both can be shown at in as many buckets as are allowed."""
    scale = min(one.scale, other.scale)
    sides = [
        tuple(_indexed(getattr(point, side), point.scale - scale) for point in (one, other))
        for side in ("positive", "negative")
    ]
    shift = 0
    while any(_width(a | b, shift) > MOST_BUCKETS for a, b in sides):
        shift += 1
    positive, negative = (_joined(a, b, shift) for a, b in sides)
    return replace(
        one,
        **distribution,
        scale=scale - shift,
        zero_count=one.zero_count + other.zero_count,
        positive=positive,
        negative=negative,
        flags=one.flags | other.flags,
    )


def _indexed(buckets: Buckets, shift: int) -> dict[int, int]:
    """Counts by bucket index after merging ``2**shift`` neighbours into one; empty buckets are left out."""
    counts: dict[int, int] = {}
    for at, count in enumerate(buckets.bucket_counts):
        if count:
            index = (buckets.offset + at) >> shift
            counts[index] = counts.get(index, 0) + count
    return counts


def _width(counts: dict[int, int], shift: int) -> int:
    return (max(counts) >> shift) - (min(counts) >> shift) + 1 if counts else 0


def _joined(one: dict[int, int], other: dict[int, int], shift: int) -> Buckets:
    together = one | other
    if not together:
        return Buckets(0, [])
    low = min(together) >> shift
    counts = [0] * _width(together, shift)
    for side in (one, other):
        for index, count in side.items():
            counts[(index >> shift) - low] += count
    return Buckets(low, counts)
