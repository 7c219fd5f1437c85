"""Measurements of the application: instruments that are made with the first one, and never when nobody asks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

from telemetry.parts import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.metrics import MeterProvider

    from telemetry.pipeline import Pipeline

Kind = Literal["counter", "histogram", "level"]
"""What only grows, what is distributed, what goes up and down."""

MOST_LABELS: Final = 8
SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of a histogram of durations; the SDK's own are made for milliseconds."""
COUNTS: Final = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Bounds of every other histogram."""


def measure(
    pipeline: Pipeline,
    name: str,
    amount: float,
    *,
    unit: str,
    kind: Kind,
    labels: Mapping[str, Any],
    module: str,
) -> None:
    """Give one measurement to whoever takes metrics; see ``telemetry.measure``.

    Args:
        pipeline: where it goes.
        name: the instrument's.
        amount: what was measured.
        unit: in UCUM, such as ``s`` or ``{memory}``.
        kind: of the instrument.
        labels: words of closed lists, numbers, and classes of exceptions.
        module: who measures: in its code name, unit and labels have to stand.

    """
    if pipeline.metrics is None:
        return
    with pipeline.guard("metric gate"):
        if pipeline.page is not None:
            pipeline.page.open()
        instrument = _instrument(pipeline.metrics, module, name, unit, kind)
        said = dict(list(labels.items())[:MOST_LABELS])
        for key, value in said.items():
            if isinstance(value, type):
                said[key] = name_of(value)
        (instrument.record if kind == "histogram" else instrument.add)(amount, said)


@lru_cache(maxsize=256)
def _instrument(provider: MeterProvider, module: str, name: str, unit: str, kind: Kind) -> Any:
    meter = provider.get_meter(module)
    if kind == "counter":
        return meter.create_counter(name, unit)
    if kind == "level":
        return meter.create_up_down_counter(name, unit)
    bounds = SECONDS if unit == "s" else COUNTS
    return meter.create_histogram(name, unit, explicit_bucket_boundaries_advisory=bounds)
