"""Examines where each kind of telemetry goes, or why it goes nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telemetry.configuration.collector import SIGNALS
from telemetry.doctor.finding import note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.configuration.settings import Settings
    from telemetry.doctor.finding import Finding
    from telemetry.doctor.subject import Subject
    from telemetry.pipeline import Pipeline


def examine(subject: Subject) -> Iterator[Finding]:
    """Whether it runs, and which goes where."""
    pipeline = subject.pipeline
    if pipeline is not None:
        yield ok("running", f"Telemetry runs, with the privacy profile {subject.settings.privacy}.")
        yield from _of(pipeline)
        if subject.settings.serves_metrics:
            yield from _shown(subject.settings)
    elif subject.settings.wanted:
        yield problem("running", f"Telemetry is wanted but off: {subject.reason}.", _TO_START)
    else:
        yield note(
            "running",
            f"Telemetry is off: {subject.reason}.",
            "Nothing, if that is meant; otherwise remove OTEL_SDK_DISABLED."
            if subject.settings.disabled
            else "Nothing, if that is meant; otherwise set SENTRY_DSN or OTEL_EXPORTER_OTLP_ENDPOINT.",
        )


_TO_START = "Install what is missing: pip install 'continuum-memory[monitoring]'; the log says more."


def _of(pipeline: Pipeline) -> Iterator[Finding]:
    settings = pipeline.settings
    targets = {signal: pipeline.target(signal) for signal in SIGNALS}
    goes: dict[str, str] = {signal: target.host for signal, target in targets.items() if target is not None}
    if settings.traces_by_envelope and "traces" in goes and settings.dsn is not None:
        goes["traces"] = f"{settings.dsn.netloc}, in envelopes"
    if settings.dsn is not None:
        goes = {"errors": settings.dsn.netloc, **goes}
    if settings.serves_metrics:
        shown = f"whoever asks {settings.prometheus_host}, port {settings.prometheus_port}"
        goes["metrics"] = f"{goes['metrics']} and {shown}" if "metrics" in goes else shown
    way = "; ".join(f"{kind} to {host}" for kind, host in goes.items()) or "nothing leaves"
    nowhere = [kind for kind in ("errors", *SIGNALS) if kind not in goes]
    rest = f"; nowhere: {', '.join(nowhere)}" if nowhere else ""
    if settings.dsn is not None and settings.collectors:
        yield note(
            "destinations",
            f"SENTRY_DSN and a collector are both set: {way}{rest}.",
            "Nothing, if that is meant; the collector decides what becomes of what it gets.",
        )
    else:
        yield ok("destinations", f"Where it goes: {way}{rest}.")
    if settings.dsn is None:
        yield note(
            "errors.nowhere",
            "Without SENTRY_DSN there are no error events; errors mark their spans.",
            "Set SENTRY_DSN when errors are to arrive as such.",
        )
    for number, trouble in enumerate(pipeline.troubles, start=1):
        yield problem(
            f"wiring.{number}", f"Something could not be wired: {trouble}.", "Put right what it names."
        )
    if settings.traces_by_envelope and "traces" in goes:
        yield from _envelopes()


def _shown(settings: Settings) -> Iterator[Finding]:
    """Whether a Prometheus can be answered; the doctor itself answers none."""
    if not _is_installed("opentelemetry.exporter.prometheus"):
        yield problem(
            "metrics.prometheus",
            "OTEL_METRICS_EXPORTER names prometheus, whose exporter is not installed: nobody is answered.",
            "pip install 'continuum-memory[prometheus]', or take prometheus out of OTEL_METRICS_EXPORTER.",
        )
    elif settings.prometheus_host not in _OWN:
        yield note(
            "metrics.prometheus",
            "Metrics are shown to everybody who reaches this machine: nobody is asked who they are.",
            "Nothing, where only Prometheus can reach it; else remove OTEL_EXPORTER_PROMETHEUS_HOST.",
        )


_OWN = frozenset({"localhost", "127.0.0.1", "::1"})


def _is_installed(module: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # nor is what it would be in
        return False


def _envelopes() -> Iterator[Finding]:
    if not _is_installed("sentry_sdk.integrations.opentelemetry"):
        yield problem(
            "traces.envelope",
            "SENTRY_TRACES_TRANSPORT=envelope needs sentry-sdk 2.x, and another is installed: no traces are sent.",
            "Remove SENTRY_TRACES_TRANSPORT, or install sentry-sdk 2.x.",
        )
