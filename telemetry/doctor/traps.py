"""Finds the traps that an environment can hold, by variables that telemetry itself doesn't read."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final

from telemetry.configuration.forms import names
from telemetry.doctor.finding import note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.doctor.finding import Finding
    from telemetry.doctor.subject import Subject

OURS: Final = "continuum"
_LAUNCHED: Final = {
    "OTEL_PYTHON_DISTRO": "opentelemetry_distro",
    "OTEL_PYTHON_CONFIGURATOR": "opentelemetry_configurator",
}
_PROVIDERS: Final = (
    "OTEL_PYTHON_TRACER_PROVIDER",
    "OTEL_PYTHON_METER_PROVIDER",
    "OTEL_PYTHON_LOGGER_PROVIDER",
)
_WITHOUT_EFFECT: Final = {
    "SENTRY_SPOTLIGHT": "sentry-sdk sends nothing past the gate, to Spotlight neither",
    "SENTRY_DEBUG": "sentry-sdk's own log lines stay off",
    "FASTAPI_OTEL_AUTO_CONFIGURE": "FastAPI's own exporters would go past the gate, and are switched off",
}
_YES: Final = frozenset({"1", "true", "yes"})
"""What sentry-sdk takes for a yes there."""


def examine(subject: Subject) -> Iterator[Finding]:
    """Another distribution, propagators that break, old conventions, envelopes that are printed."""
    looks = (_launcher, _providers, _propagators, _conventions, _printing)
    found = [finding for look in looks for finding in look(subject)]
    yield from found or [ok("traps", "The environment holds none of the known traps.")]


def _launcher(subject: Subject) -> Iterator[Finding]:
    others = set()
    for variable, group in _LAUNCHED.items():
        chosen = subject.environ.get(variable, "").strip()
        if chosen and chosen != OURS:
            yield problem(
                f"launcher.{variable}",
                f"{variable} makes the launcher start another one, which sends past the gate.",
                f"Remove it, or set it to {OURS}.",
            )
        elif not chosen:
            others |= {point.name for point in entry_points(group=group)} - {OURS}
    if others:
        yield note(
            "launcher.others",
            f"Other distributions are installed too ({', '.join(sorted(others))}); `opentelemetry-instrument` "
            "starts ours.",
            f"Set {' and '.join(_LAUNCHED)} to {OURS} where something else starts it.",
        )


def _providers(subject: Subject) -> Iterator[Finding]:
    for variable in _PROVIDERS:
        if subject.environ.get(variable, "").strip():
            yield problem(
                f"provider.{variable}",
                f"{variable} makes OpenTelemetry's API start a provider before ours.",
                "Remove it.",
            )


def _propagators(subject: Subject) -> Iterator[Finding]:
    if "sentry" in names(subject.environ.get("OTEL_PROPAGATORS", "")):
        yield problem(
            "propagators.sentry",
            "OTEL_PROPAGATORS names sentry-sdk's own propagator, which counts every incoming trace as sampled, "
            "and with sentry-sdk 3 it is gone and the application doesn't start.",
            "Name continuum_sentry instead of sentry.",
        )


def _conventions(subject: Subject) -> Iterator[Finding]:
    opted = subject.environ.get("OTEL_SEMCONV_STABILITY_OPT_IN", "")
    lacking = [word for word in ("http", "database") if not {word, f"{word}/dup"} & {*names(opted)}]
    if opted.strip() and lacking:
        yield problem(
            "conventions",
            f"OTEL_SEMCONV_STABILITY_OPT_IN lacks {' and '.join(lacking)}, so spans have the old names.",
            "Remove it, or set it to http,database.",
        )


def _printing(subject: Subject) -> Iterator[Finding]:
    if subject.environ.get("SENTRY_PRINT_ENVELOPES", "").lower() in _YES:
        yield problem(
            "envelopes.printed",
            "SENTRY_PRINT_ENVELOPES makes sentry-sdk print whole events, not scrubbed, wherever it starts "
            "without this telemetry.",
            "Remove it; `telemetry preview` and the inspector show what would leave.",
        )
    for variable, why in _WITHOUT_EFFECT.items():
        if subject.environ.get(variable, "").strip():
            yield note(f"ignored.{variable}", f"{variable} has no effect: {why}.", "Remove it.")
