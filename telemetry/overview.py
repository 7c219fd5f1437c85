"""What is running and what became of everything, as plain data without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telemetry.configuration.collector import SIGNALS

if TYPE_CHECKING:
    from telemetry.pipeline import Pipeline


def status_of(pipeline: Pipeline) -> dict[str, Any]:
    """What is running and what became of everything, without secrets."""
    settings = pipeline.settings
    targets = {signal: pipeline.target(signal) for signal in SIGNALS}
    return {
        "active": True,
        "available": True,
        "environment": pipeline.identity.environment,
        "release": pipeline.identity.release,
        "service": pipeline.identity.service_name,
        "server_name": pipeline.identity.server_name,
        "errors_to": settings.dsn.netloc if settings.dsn else None,
        **{f"{signal}_to": target.host if target else None for signal, target in targets.items()},
        "traces_transport": "envelope" if settings.traces_by_envelope else "otlp",
        "sampler": settings.sampler,
        "traces_sample_rate": settings.traces_rate,
        "sample_rate": settings.error_rate,
        "pseudonym_key_id": pipeline.pseudonyms.key_id,
        "instrumentations": dict(pipeline.instruments),
        "problems": [*map(str, settings.problems), *pipeline.troubles],
        "delivery": {courier.name: courier.status() for courier in pipeline.sender.couriers},
        "sources": dict(settings.sources),
        "ledger": pipeline.ledger.snapshot(),
    }
