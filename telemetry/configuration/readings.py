"""The table of the settings that stand by themselves: variables in their order, form and parser of each.

Arguments, and attributes within ``OTEL_RESOURCE_ATTRIBUTES``, stand in the order like variables.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from telemetry import propagation
from telemetry.configuration import forms, labels
from telemetry.configuration.environment import Reading
from telemetry.configuration.limits import LIMITED
from telemetry.privacy.patterns import SWITCHABLE
from telemetry.privacy.vocabulary import PROFILES
from telemetry.sentry.dsn import FORM as DSN_FORM
from telemetry.sentry.dsn import Dsn

if TYPE_CHECKING:
    from collections.abc import Mapping

RESOURCE: Final = "OTEL_RESOURCE_ATTRIBUTES"
SHORTEST_HASH_KEY: Final = 32
SAMPLERS: Final = (
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
)
ALIASES: Final = {"dev": "development", "prod": "production", "stage": "staging"}
_LONG_ENOUGH: Final = f"at least {SHORTEST_HASH_KEY} characters"
_EXPORTERS: Final = "otlp or none (any other would go round the gate)"
_METRIC_EXPORTERS: Final = "otlp, prometheus, both with a comma, or none (any other would go round the gate)"


ARGUMENTS: Final = (
    "dsn",
    "environment",
    "release",
    "traces_sample_rate",
    "sample_rate",
    "service",
    "version",
)


def argument(name: str) -> str:
    """How an argument is called where variables are named."""
    return f"argument {name}"


def within_resource(key: str) -> str:
    """How an attribute of the resource is called where variables are named."""
    return f"{key} of {RESOURCE}"


def _environment(raw: str) -> str:
    name = labels.environment(raw).lower()
    return ALIASES.get(name, name)


def _dsn(raw: str) -> Dsn:
    return Dsn.parse(raw)


def _propagators(raw: str) -> tuple[str, ...]:
    wanted = forms.names(raw)
    if not wanted or propagation.unknown(wanted):
        raise ValueError("not installed")
    return wanted


def _rules(raw: str) -> tuple[str, ...]:
    wanted = forms.names(raw)
    if not SWITCHABLE.issuperset(wanted):
        raise ValueError("unknown rules, or one that always acts")
    return wanted


def _long_key(raw: str) -> str:
    if len(raw) < SHORTEST_HASH_KEY:
        raise ValueError("too short")
    return raw


def _key_in_file(raw: str) -> str:
    try:
        return _long_key(Path(raw).read_text(encoding="utf-8").strip())
    except OSError as error:
        raise ValueError("not readable") from error


def _metric_exporters(raw: str) -> str:
    wanted = {*forms.names(raw.lower())}
    if wanted != {"none"} and not (wanted and wanted <= {"otlp", "prometheus"}):
        raise ValueError("unknown exporters")
    return ",".join(sorted(wanted))


def _refused(_raw: str) -> str:
    raise ValueError("refused")


def _by_setting(*readings: Reading) -> Mapping[str, Reading]:
    return {reading.setting: reading for reading in readings}


RESOURCE_ATTRIBUTES: Final = Reading("resource_attributes", (RESOURCE,), forms.pairs, forms.PAIRS)

CONFIG_FILE: Final = Reading(
    "config_file",
    ("OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"),
    _refused,
    "no file at all, because one can load exporters that go round the gate",
    "it is not read, and the other variables count",
)

ENVIRONMENT: Final = Reading(
    "environment",
    (
        argument("environment"),
        "CONTINUUM_ENV",
        "SENTRY_ENVIRONMENT",
        within_resource("deployment.environment.name"),
        within_resource("deployment.environment"),
    ),
    _environment,
    f"development, staging, production or a name of your own: {labels.ENVIRONMENT}",
)

SAMPLER: Final = Reading("sampler", ("OTEL_TRACES_SAMPLER",), forms.one_of(*SAMPLERS), ", ".join(SAMPLERS))
TRACES_RATE: Final = Reading(
    "traces_rate",
    (argument("traces_sample_rate"), "SENTRY_TRACES_SAMPLE_RATE", "OTEL_TRACES_SAMPLER_ARG"),
    forms.rate,
    forms.SHARE,
)
HASH_KEY: Final = Reading("hash_key", ("CONTINUUM_TELEMETRY_HASH_KEY",), _long_key, _LONG_ENOUGH)
HASH_KEY_FILE: Final = Reading(
    "hash_key",
    ("CONTINUUM_TELEMETRY_HASH_KEY_FILE",),
    _key_in_file,
    f"the path of a file that holds {_LONG_ENOUGH}",
)

READINGS: Final = _by_setting(
    Reading("dsn", (argument("dsn"), "SENTRY_DSN"), _dsn, DSN_FORM),
    Reading("disabled", ("OTEL_SDK_DISABLED",), forms.flag, forms.TRUE_OR_FALSE),
    Reading(
        "release",
        (
            argument("release"),
            "CONTINUUM_RELEASE",
            "SENTRY_RELEASE",
            within_resource("service.version"),
        ),
        labels.release,
        labels.RELEASE,
    ),
    Reading(
        "service_name",
        ("OTEL_SERVICE_NAME", within_resource("service.name")),
        labels.name,
        labels.NAME,
    ),
    Reading(
        "service_version",
        (within_resource("service.version"),),
        labels.release,
        labels.RELEASE,
    ),
    Reading("application", (argument("service"),), labels.name, labels.NAME),
    Reading("application_version", (argument("version"),), labels.release, labels.RELEASE),
    Reading("server_name", ("CONTINUUM_SERVER_NAME",), labels.name, labels.NAME),
    Reading("error_rate", (argument("sample_rate"), "SENTRY_SAMPLE_RATE"), forms.rate, forms.SHARE),
    Reading("sessions", ("SENTRY_AUTO_SESSION_TRACKING",), forms.flag, forms.TRUE_OR_FALSE),
    Reading(
        "traces_transport",
        ("SENTRY_TRACES_TRANSPORT",),
        forms.one_of("otlp", "envelope"),
        "otlp or envelope",
    ),
    Reading("traces_exporter", ("OTEL_TRACES_EXPORTER",), forms.one_of("otlp", "none"), _EXPORTERS),
    Reading("logs_exporter", ("OTEL_LOGS_EXPORTER",), forms.one_of("otlp", "none"), _EXPORTERS),
    Reading(
        "python_logging",
        ("OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED",),
        forms.flag,
        forms.TRUE_OR_FALSE,
    ),
    Reading("metrics_exporter", ("OTEL_METRICS_EXPORTER",), _metric_exporters, _METRIC_EXPORTERS),
    Reading("metrics_interval", ("OTEL_METRIC_EXPORT_INTERVAL",), forms.milliseconds, forms.MILLISECONDS),
    Reading(
        "metrics_temporality",
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",),
        forms.one_of("cumulative", "delta", "lowmemory"),
        "cumulative, delta or lowmemory",
    ),
    Reading("prometheus_host", ("OTEL_EXPORTER_PROMETHEUS_HOST",), forms.host, forms.HOST),
    Reading("prometheus_port", ("OTEL_EXPORTER_PROMETHEUS_PORT",), forms.whole(1, 65_535), forms.PORT),
    Reading(
        "propagators",
        (propagation.VARIABLE,),
        _propagators,
        "names of installed propagators, separated by commas",
    ),
    Reading(
        "disabled_instrumentations", ("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",), forms.names, forms.NAMES
    ),
    Reading(
        "excluded_urls",
        ("OTEL_PYTHON_FASTAPI_EXCLUDED_URLS", "OTEL_PYTHON_EXCLUDED_URLS"),
        forms.patterns,
        forms.PATTERNS,
    ),
    Reading("privacy", ("CONTINUUM_TELEMETRY_PRIVACY",), forms.one_of(*PROFILES), ", ".join(PROFILES)),
    Reading(
        "safe_keys",
        ("CONTINUUM_TELEMETRY_SAFE_KEYS",),
        forms.names,
        "attribute keys, separated by commas",
    ),
    Reading(
        "rules_off",
        ("CONTINUUM_TELEMETRY_RULES_OFF",),
        _rules,
        "ids of rules, separated by commas: " + ", ".join(sorted(SWITCHABLE)),
    ),
    Reading(
        "tenant_headers",
        ("CONTINUUM_TELEMETRY_TENANT_HEADERS",),
        forms.header_names,
        "header names, separated by commas",
    ),
    Reading("shutdown_timeout", ("CONTINUUM_TELEMETRY_SHUTDOWN_TIMEOUT",), forms.seconds, forms.SECONDS),
)

BREAKING: Final = frozenset(
    {
        *READINGS["propagators"].variables,
        *READINGS["excluded_urls"].variables,
        *(variable for reading in LIMITED.values() for variable in reading.variables),
    }
)
"""Variables that OpenTelemetry reads itself, and raises when it can't."""
