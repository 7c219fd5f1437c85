"""Where each kind of body goes: Sentry's endpoints, which follow from the DSN, or a collector's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from telemetry.delivery.target import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telemetry.configuration.collector import Collector, Signal
    from telemetry.configuration.settings import Settings
    from telemetry.sentry.dsn import Dsn

_PROTOBUF: Final = {"Content-Type": "application/x-protobuf"}
_METHODS: Final[Mapping[Signal, str]] = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}

CATEGORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "error": ("error",),
    "transaction": ("transaction", "span"),
    "span": ("span", "transaction"),
    "log": ("log_item", "log_byte"),
    "session": ("session",),
}
"""By the ledger's signals: Sentry's names in rate limits and client reports, the item's own first."""


def otlp_target(settings: Settings, signal: Signal) -> Target | None:
    """Where a signal goes by OTLP: the collector that the environment names, otherwise Sentry's endpoint."""
    collector = settings.collectors.get(signal)
    if collector is not None:
        return _of_collector(collector, signal, settings.batching[signal].timeout)
    if settings.dsn is None or signal == "metrics":  # Sentry takes no metrics by OTLP
        return None
    headers = {**_PROTOBUF, "X-Sentry-Auth": settings.dsn.auth_header}
    ours = "span" if signal == "traces" else "log"
    return Target(settings.dsn.otlp_url(signal), headers, categories={ours: frozenset(CATEGORIES[ours])})


def envelope_target(dsn: Dsn) -> Target:
    """Where the envelopes of one DSN go."""
    return Target(
        dsn.envelope_url,
        {"Content-Type": "application/x-sentry-envelope", "X-Sentry-Auth": dsn.auth_header},
        categories={signal: frozenset(CATEGORIES[signal]) for signal in ("error", "transaction", "session")},
    )


def _of_collector(collector: Collector, signal: Signal, longest: float) -> Target:
    by_grpc = collector.protocol == "grpc"
    return Target(
        collector.url,
        dict(collector.headers) if by_grpc else {**_PROTOBUF, **dict(collector.headers)},
        certificate=collector.certificate,
        client_certificate=collector.client_certificate,
        client_key=collector.client_key,
        timeout=min(collector.timeout, longest),
        compression=collector.compression,
        grpc_method=_METHODS[signal] if by_grpc else None,
    )
