"""Which propagators there are, and those of the settings put together."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.propagators.composite import CompositePropagator
    from opentelemetry.propagators.textmap import TextMapPropagator

    from telemetry.gate.scrubbing import Scrubbing

GROUP = "opentelemetry_propagator"
VARIABLE = "OTEL_PROPAGATORS"


def unknown(names: Iterable[str]) -> tuple[str, ...]:
    """The names that no installed package gives a propagator for.

    OpenTelemetry's API raises for these when it is imported, and FastAPI imports it: the application would
    not start.
    """
    installed = {entry_point.name for entry_point in entry_points(group=GROUP)} | {"none"}
    return tuple(name for name in names if name not in installed)


def composite(names: Iterable[str], scrubbing: Scrubbing, *, transactions: bool) -> CompositePropagator:
    """The named propagators as one; outgoing baggage passes the gate.

    Args:
        names: entry points' names; ``none`` is none at all.
        scrubbing: what the baggage's gate knows.
        transactions: whether Sentry's SDK makes transactions, and needs its sampling context in baggage.

    """
    from opentelemetry.propagators.composite import CompositePropagator

    wanted = [name for name in names if name != "none"]
    return CompositePropagator([_load(name, scrubbing, transactions=transactions) for name in wanted])


def _load(name: str, scrubbing: Scrubbing, *, transactions: bool) -> TextMapPropagator:
    from telemetry.gate.baggage import GatedBaggagePropagator

    if name == "baggage":
        return GatedBaggagePropagator(scrubbing)
    if name == "continuum_sentry" and transactions:
        from telemetry.sentry.spans import TransactionPropagator

        return TransactionPropagator(GatedBaggagePropagator(scrubbing))
    found: TextMapPropagator = next(iter(entry_points(group=GROUP, name=name))).load()()
    return found
