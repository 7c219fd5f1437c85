"""Examines what the settings say: values that can't be used, and variables that don't count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from telemetry.doctor.finding import note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.configuration.environment import Problem
    from telemetry.doctor.finding import Finding
    from telemetry.doctor.subject import Subject

_TO_REMOVE: Final = {
    "OTEL_CONFIG_FILE": "Remove it, and set what it said by variables.",
    "OTEL_EXPERIMENTAL_CONFIG_FILE": "Remove it, and set what it said by variables.",
    "OTEL_TRACES_EXPORTER": "Set it to otlp or none; to see spans locally, use the inspector.",
    "OTEL_LOGS_EXPORTER": "Set it to otlp or none.",
    "OTEL_METRICS_EXPORTER": "Set it to otlp or none; other exporters are configured in the collector.",
}
_PROTOCOL: Final = "Set it to http/protobuf, or to grpc with the extra of that name; http/json isn't spoken."


def examine(subject: Subject) -> Iterator[Finding]:
    """Every problem and every note of the settings; then what their defaults mean here."""
    settings = subject.settings
    for wrong in settings.problems:
        yield problem(f"setting.{wrong.variable}", f"{wrong}.", _what_to_do(wrong))
    if not settings.problems:
        yield ok("settings", "Every variable that is set has a value that can be used.")
    for number, said in enumerate(settings.notes, start=1):
        yield note(f"setting.overridden.{number}", f"{said}.", "Remove the one that is not meant.")
    if settings.wanted:
        yield from _meant(subject)


def _what_to_do(wrong: Problem) -> str:
    if wrong.variable.endswith("_PROTOCOL"):
        return _PROTOCOL
    return _TO_REMOVE.get(wrong.variable, f"Set it to {wrong.accepted}, or remove it.")


def _meant(subject: Subject) -> Iterator[Finding]:
    settings = subject.settings
    if settings.sources["environment"] == "default" and not (settings.dsn and settings.dsn.is_inspector):
        yield note(
            "environment.default",
            f"No variable names the environment, so it is {settings.environment}.",
            "Set CONTINUUM_ENV to development, staging, production or a name of your own.",
        )
    source = settings.sources["traces_rate"]
    if settings.traces_rate == 0 and settings.sampler.endswith("traceidratio"):
        yield note(
            "sampling",
            f"No new trace is sent: the rate is 0 ({source}).",
            "Set SENTRY_TRACES_SAMPLE_RATE, unless only traces that others began are wanted.",
        )
    elif settings.sampler.endswith("always_off"):
        yield note(
            "sampling",
            f"No new trace is sent: the sampler is {settings.sampler}.",
            "Change OTEL_TRACES_SAMPLER, unless that is meant.",
        )
    else:
        share = f" with rate {settings.traces_rate:g} ({source})" if "ratio" in settings.sampler else ""
        yield ok("sampling", f"The sampler is {settings.sampler}{share}.")
    if settings.rules_off:
        yield note(
            "privacy.rules",
            f"These privacy rules are switched off: {', '.join(settings.rules_off)}.",
            "Shorten CONTINUUM_TELEMETRY_RULES_OFF when they need not be.",
        )
