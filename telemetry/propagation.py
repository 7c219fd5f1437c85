"""Which propagators there are, and those of the settings put together."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.propagators.composite import CompositePropagator
    from opentelemetry.propagators.textmap import TextMapPropagator

GROUP = "opentelemetry_propagator"
VARIABLE = "OTEL_PROPAGATORS"


def unknown(names: Iterable[str]) -> tuple[str, ...]:
    """The names that no installed package gives a propagator for.

    OpenTelemetry's API raises for these when it is imported, and FastAPI imports it: the application would
    not start.
    """
    installed = {entry_point.name for entry_point in entry_points(group=GROUP)} | {"none"}
    return tuple(name for name in names if name not in installed)


def composite(names: Iterable[str], *, transactions: bool) -> CompositePropagator:
    """The named propagators as one.

    Args:
        names: entry points' names; ``none`` is none at all.
        transactions: whether Sentry's SDK makes transactions, and needs its sampling context in baggage.

    """
    from opentelemetry.propagators.composite import CompositePropagator

    return CompositePropagator([_load(name, transactions=transactions) for name in names if name != "none"])


def _load(name: str, *, transactions: bool) -> TextMapPropagator:
    if name == "continuum_sentry" and transactions:
        from telemetry.sentry.spans import TransactionPropagator

        return TransactionPropagator()
    found: TextMapPropagator = next(iter(entry_points(group=GROUP, name=name))).load()()
    return found
