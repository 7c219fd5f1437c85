"""Examines whether what is global in this process is ours: providers, the Sentry client and its way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telemetry.doctor.finding import ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.doctor.finding import Finding
    from telemetry.doctor.subject import Subject
    from telemetry.pipeline import Pipeline


def examine(subject: Subject) -> Iterator[Finding]:
    """What stands where ours should; after the application was imported, if one was named."""
    if subject.pipeline is None:
        return
    found = [*_providers(subject.pipeline), *_client(subject.pipeline)]
    yield from found or [ok("ownership", "Providers and the Sentry client of this process are ours.")]


def _providers(pipeline: Pipeline) -> Iterator[Finding]:
    from opentelemetry import _logs, metrics, trace

    for kind, found, ours in (
        ("tracer", trace.get_tracer_provider(), pipeline.provider),
        ("meter", metrics.get_meter_provider(), pipeline.metrics),
        ("logger", _logs.get_logger_provider(), pipeline.logs),
    ):
        if ours is not None and found is not ours:
            yield problem(
                f"ownership.{kind}",
                f"The global {kind} provider is {type(found).__module__}.{type(found).__qualname__}, not ours: "
                "what it gets passes the gate, but goes where it says.",
                "Let telemetry start first, and remove the other set-up.",
            )


def _client(pipeline: Pipeline) -> Iterator[Finding]:
    if pipeline.errors is None:
        return
    import sentry_sdk

    from telemetry.sentry.transport import GatedTransport

    transport = sentry_sdk.get_client().transport
    if not isinstance(transport, GatedTransport):
        yield problem(
            "ownership.sentry",
            f"The Sentry client of this process has another way out ({type(transport).__qualname__}).",
            "Remove the other sentry_sdk.init, or set telemetry up before it.",
        )
