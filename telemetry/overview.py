"""What is running and what became of everything, as plain data without secrets."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from telemetry.configuration.collector import SIGNALS
from telemetry.identity import DISTRIBUTION

if TYPE_CHECKING:
    from telemetry.pipeline import Pipeline


_VERSIONS: Final = {
    "telemetry": DISTRIBUTION,
    "sentry-sdk": "sentry-sdk",
    "opentelemetry-sdk": "opentelemetry-sdk",
}
"""By the name that is shown: a distribution. That of telemetry is the scrubber's too."""


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
        "profile": settings.privacy,
        "pseudonym_key_id": pipeline.pseudonyms.key_id,
        "instrumentations": dict(pipeline.instruments),
        "problems": [*map(str, settings.problems), *pipeline.troubles],
        "waiting": pipeline.sender.waiting(),
        "delivery": {courier.name: courier.status() for courier in pipeline.sender.couriers},
        "versions": {name: _version(distribution) for name, distribution in _VERSIONS.items()},
        "sources": dict(settings.sources),
        "notes": list(settings.notes),
        "ledger": pipeline.ledger.snapshot(),
    }


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
