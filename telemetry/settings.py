"""Settings of telemetry: one frozen dataclass, and the only place that asks the environment for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from telemetry import propagation
from telemetry.batching import Batching
from telemetry.collector import SIGNALS, Collector, Signal
from telemetry.environment import (
    Environment,
    Problem,
    flag,
    header_names,
    milliseconds,
    names,
    one_of,
    pairs,
    rate,
    seconds,
    text,
)
from telemetry.privacy.patterns import SWITCHABLE
from telemetry.privacy.vocabulary import PROFILES
from telemetry.sentry.dsn import FORM as DSN_FORM
from telemetry.sentry.dsn import Dsn
from telemetry.spooling import Spooling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from telemetry.privacy.vocabulary import Profile

Transport = Literal["otlp", "envelope"]

ENVIRONMENT_ALIASES = {"dev": "development", "prod": "production", "stage": "staging"}
DEVELOPING = frozenset({"development", "test"})
TRACES_RATE_BY_ENVIRONMENT = {"development": 0.0, "staging": 0.5, "production": 0.1}
SAMPLERS = (
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
)
DEFAULT_PROPAGATORS = ("tracecontext", "baggage", "continuum_sentry")
SHORTEST_HASH_KEY = 32
SHORT_SHUTDOWN = 2.0
_ADDRESS = re.compile(r"(?:URL|URI|HOST|HOSTS|ENDPOINT|SERVER|DATABASE|DB|ADDR|ADDRESS)$")


@dataclass(frozen=True)
class Settings:
    """What the environment asked of telemetry. ``from_environ`` is the only reader."""

    dsn: Dsn | None = None
    """SENTRY_DSN: where errors go, and traces too when no OTLP endpoint is set."""

    disabled: bool = False
    """OTEL_SDK_DISABLED: true switches everything off."""

    environment: str = "development"
    """CONTINUUM_ENV, then SENTRY_ENVIRONMENT, then the resource's deployment.environment.name."""

    release: str | None = None
    """CONTINUUM_RELEASE, then SENTRY_RELEASE, then service.version of OTEL_RESOURCE_ATTRIBUTES."""

    service_name: str | None = None
    """OTEL_SERVICE_NAME, then service.name of OTEL_RESOURCE_ATTRIBUTES."""

    server_name: str | None = None
    """CONTINUUM_SERVER_NAME; the host name when not set."""

    resource_attributes: tuple[tuple[str, str], ...] = ()
    """OTEL_RESOURCE_ATTRIBUTES; values pass the gate like any other attribute."""

    error_rate: float = 1.0
    """SENTRY_SAMPLE_RATE: the share of error events that is sent, 0 to 1."""

    traces_rate: float = 0.0
    """SENTRY_TRACES_SAMPLE_RATE, then OTEL_TRACES_SAMPLER_ARG: the share of new traces, 0 to 1."""

    sampler: str = "parentbased_traceidratio"
    """OTEL_TRACES_SAMPLER, unless SENTRY_TRACES_SAMPLE_RATE is set."""

    traces_transport: Transport = "otlp"
    """SENTRY_TRACES_TRANSPORT: ``otlp`` to Sentry's OTLP endpoint or ``envelope`` by the SDK's processor."""

    collectors: Mapping[Signal, Collector] = field(default_factory=dict)
    """OTEL_EXPORTER_OTLP_*: the collector of each signal that has one."""

    batching: Mapping[str, Batching] = field(default_factory=lambda: {name: Batching() for name in SIGNALS})
    """OTEL_BSP_*, OTEL_BLRP_*: the queue of each signal."""

    spooling: Spooling = field(default_factory=Spooling)
    """CONTINUUM_TELEMETRY_SPOOL…: what can't be sent waits on disk."""

    traces_exporter: str = "otlp"
    """OTEL_TRACES_EXPORTER: ``otlp`` or ``none``. Other exporters would go round the gate."""

    logs_exporter: str | None = None
    """OTEL_LOGS_EXPORTER: ``otlp`` or ``none``; when not set, ``otlp`` where there is a collector for logs.
    Set to ``otlp``, it brings the lines of Python's logging too, and without a collector they go to Sentry."""

    python_logging: bool = False
    """OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED: lines of Python's logging become log records."""

    metrics_exporter: str = "otlp"
    """OTEL_METRICS_EXPORTER: ``otlp`` or ``none``. Only collectors take metrics."""

    metrics_interval: float = 60.0
    """OTEL_METRIC_EXPORT_INTERVAL, in milliseconds there: seconds between two collections."""

    metrics_temporality: str = "cumulative"
    """OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: ``cumulative``, ``delta`` or ``lowmemory``."""

    propagators: tuple[str, ...] = DEFAULT_PROPAGATORS
    """OTEL_PROPAGATORS."""

    disabled_instrumentations: tuple[str, ...] = ()
    """OTEL_PYTHON_DISABLED_INSTRUMENTATIONS."""

    hash_key: str | None = field(default=None, repr=False)
    """CONTINUUM_TELEMETRY_HASH_KEY, or the content of CONTINUUM_TELEMETRY_HASH_KEY_FILE: for pseudonyms."""

    privacy: Profile = "strict"
    """CONTINUUM_TELEMETRY_PRIVACY: ``strict`` sends known words only, ``balanced`` whatever no rule objects to,
    ``development``, which is refused where it is none, also ids that were put into messages."""

    safe_keys: tuple[str, ...] = ()
    """CONTINUUM_TELEMETRY_SAFE_KEYS: attribute keys whose text may be sent when no pattern objects."""

    rules_off: tuple[str, ...] = ()
    """CONTINUUM_TELEMETRY_RULES_OFF: ids of value rules that do not act; ``continuum-key`` always does."""

    operator_words: frozenset[str] = field(default=frozenset(), repr=False)
    """Hosts and database names that stand in the environment: the operator's words, not somebody's."""

    tenant_headers: tuple[str, ...] = ("x-tenant-id",)
    """CONTINUUM_TELEMETRY_TENANT_HEADERS: request headers that name the tenant."""

    shutdown_timeout: float = 5.0
    """CONTINUUM_TELEMETRY_SHUTDOWN_TIMEOUT: seconds in which everything queued is delivered."""

    sources: Mapping[str, str] = field(default_factory=dict)
    """Where each setting came from: a variable's name, ``default`` or ``default of ENVIRONMENT``."""

    problems: tuple[Problem, ...] = ()
    """Variables whose values could not be used."""

    @property
    def wanted(self) -> bool:
        """Whether there is anywhere to send anything."""
        return not self.disabled and (self.dsn is not None or bool(self.collectors))

    def for_a_short_life(self) -> Settings:
        """The same for a command that people wait for, where the environment doesn't say otherwise."""
        given = self.sources.get("shutdown_timeout", "default") != "default"
        spooled = self.spooling.enabled is not None
        return replace(
            self,
            shutdown_timeout=self.shutdown_timeout if given else SHORT_SHUTDOWN,
            spooling=self.spooling if spooled else replace(self.spooling, enabled=False),
        )

    @property
    def sends_logs(self) -> bool:
        """Whether log records are exported."""
        if self.logs_exporter is None:
            return "logs" in self.collectors
        return self.logs_exporter == "otlp" and (self.dsn is not None or "logs" in self.collectors)

    @property
    def wants_log_lines(self) -> bool:
        """Whether what Python's logging says becomes log records."""
        return self.python_logging or self.logs_exporter == "otlp"

    @property
    def sends_metrics(self) -> bool:
        """Whether metrics are exported."""
        return self.metrics_exporter == "otlp" and "metrics" in self.collectors

    @property
    def traces_by_envelope(self) -> bool:
        """Whether traces go to Sentry as transactions in envelopes."""
        return self.traces_transport == "envelope" and "traces" not in self.collectors

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read settings; what is wrong is noted in ``problems`` and replaced by its default, never raised."""
        env = Environment(environ)
        read: dict[str, Any] = {reading.setting: reading.of(env) for reading in _READINGS}
        resource = dict(read["resource_attributes"])
        environment = _environment(env, resource)
        read["privacy"] = _privacy(read["privacy"], env, environment, read["dsn"])
        sampler, traces_rate = _sampling(env, environment, read["dsn"])
        read["release"] = read["release"] or resource.get("service.version")
        read["service_name"] = read["service_name"] or resource.get("service.name")
        return cls(
            **read,
            environment=environment,
            sampler=sampler,
            traces_rate=traces_rate,
            collectors={
                signal: collector
                for signal in SIGNALS
                if (collector := Collector.of(env, signal)) is not None
            },
            batching={signal: Batching.of(env, signal) for signal in SIGNALS},
            spooling=Spooling.of(env),
            hash_key=_hash_key(env),
            operator_words=_operator_words(environ),
            sources=env.sources,
            problems=tuple(env.problems),
        )


@dataclass(frozen=True)
class Reading:
    """How one setting is read: the variables in their order, and the form that they take.

    What a setting is when no variable gives it stands in ``Settings`` alone.
    """

    setting: str
    variables: tuple[str, ...]
    parse: Callable[[str], Any]
    accepted: str

    def of(self, env: Environment) -> Any:
        """The setting's value in an environment."""
        otherwise = Settings.__dataclass_fields__[self.setting].default
        return env.first(
            self.setting, *self.variables, parse=self.parse, accepted=self.accepted, otherwise=otherwise
        )


def _dsn(raw: str) -> Dsn | None:
    return Dsn.parse(raw)


def _propagators(raw: str) -> tuple[str, ...]:
    wanted = names(raw)
    if not wanted or propagation.unknown(wanted):
        raise ValueError("not installed")
    return wanted


def _rules(raw: str) -> tuple[str, ...]:
    wanted = names(raw)
    if not SWITCHABLE.issuperset(wanted):
        raise ValueError("unknown rules, or one that always acts")
    return wanted


def _environment(env: Environment, resource: Mapping[str, str]) -> str:
    fallback = resource.get("deployment.environment.name", "development")
    found = env.first(
        "environment",
        "CONTINUUM_ENV",
        "SENTRY_ENVIRONMENT",
        parse=text,
        accepted="development, staging, production or a name of your own",
        otherwise=fallback,
        source="OTEL_RESOURCE_ATTRIBUTES" if "deployment.environment.name" in resource else "default",
    )
    return ENVIRONMENT_ALIASES.get(found.lower(), found.lower())


def _privacy(wanted: Profile, env: Environment, environment: str, dsn: Dsn | None) -> Profile:
    """The profile; ``development`` only where somebody says that it is, or with the local inspector."""
    if wanted != "development":
        return wanted
    told = env.sources["environment"] != "default" or (dsn is not None and dsn.is_inspector)
    if told and environment in DEVELOPING:
        return wanted
    accepted = "strict or balanced, or development together with CONTINUUM_ENV=development or test"
    env.problems.append(Problem("CONTINUUM_TELEMETRY_PRIVACY", accepted, "it is strict"))
    env.sources["privacy"] = "default"
    return "strict"


def _sampling(env: Environment, environment: str, dsn: Dsn | None) -> tuple[str, float]:
    """The sampler's name and rate: SENTRY_TRACES_SAMPLE_RATE, then OTEL_TRACES_SAMPLER, then the defaults."""
    default = TRACES_RATE_BY_ENVIRONMENT.get(environment, 0.1)
    if environment == "development" and dsn is not None and dsn.is_inspector:
        default = 1.0
    source = f"default of {environment}"
    sampler = env.first(
        "sampler", "OTEL_TRACES_SAMPLER", parse=one_of(*SAMPLERS), accepted=", ".join(SAMPLERS), otherwise=""
    )
    wanted = ("SENTRY_TRACES_SAMPLE_RATE",)
    if sampler.endswith("traceidratio"):
        wanted = ("SENTRY_TRACES_SAMPLE_RATE", "OTEL_TRACES_SAMPLER_ARG")  # type: ignore[assignment]  # longer
        default, source = 1.0, "default of OTEL_TRACES_SAMPLER"
    chosen = env.first(
        "traces_rate", *wanted, parse=rate, accepted="a number from 0 to 1", otherwise=default, source=source
    )
    if not sampler or env.sources["traces_rate"] == "SENTRY_TRACES_SAMPLE_RATE":
        return "parentbased_traceidratio", chosen
    return sampler, chosen


def _operator_words(environ: Mapping[str, str]) -> frozenset[str]:
    """Hosts, and the names of databases, in variables that hold addresses."""
    found: set[str] = set()
    for name, value in environ.items():
        if not _ADDRESS.search(name):
            continue
        try:
            parts = urlsplit(value if "//" in value else f"//{value}")
            found.update(part for part in (parts.hostname, parts.path.strip("/")) if part)
        except ValueError:
            continue
    return frozenset(found)


def _hash_key(env: Environment) -> str | None:
    accepted = f"at least {SHORTEST_HASH_KEY} characters"
    direct: str | None = env.first(
        "hash_key", "CONTINUUM_TELEMETRY_HASH_KEY", parse=_long_key, accepted=accepted, otherwise=None
    )
    if direct is not None:
        return direct
    from_file: str | None = env.first(
        "hash_key",
        "CONTINUUM_TELEMETRY_HASH_KEY_FILE",
        parse=_key_in_file,
        accepted=f"the path of a file that holds {accepted}",
        otherwise=None,
    )
    return from_file


def _long_key(raw: str) -> str | None:
    if len(raw) < SHORTEST_HASH_KEY:
        raise ValueError("too short")
    return raw


def _key_in_file(raw: str) -> str | None:
    try:
        return _long_key(Path(raw).read_text(encoding="utf-8").strip())
    except OSError as error:
        raise ValueError("not readable") from error


_ONE_LINE = "one line of up to 200 characters"
_EXPORTERS = "otlp or none (any other would go round the gate)"

_READINGS = (
    Reading("dsn", ("SENTRY_DSN",), _dsn, DSN_FORM),
    Reading("disabled", ("OTEL_SDK_DISABLED",), flag, "true or false"),
    Reading("release", ("CONTINUUM_RELEASE", "SENTRY_RELEASE"), text, _ONE_LINE),
    Reading("service_name", ("OTEL_SERVICE_NAME",), text, _ONE_LINE),
    Reading("server_name", ("CONTINUUM_SERVER_NAME",), text, _ONE_LINE),
    Reading("resource_attributes", ("OTEL_RESOURCE_ATTRIBUTES",), pairs, "key=value,…"),
    Reading("error_rate", ("SENTRY_SAMPLE_RATE",), rate, "a number from 0 to 1"),
    Reading("traces_transport", ("SENTRY_TRACES_TRANSPORT",), one_of("otlp", "envelope"), "otlp or envelope"),
    Reading("traces_exporter", ("OTEL_TRACES_EXPORTER",), one_of("otlp", "none"), _EXPORTERS),
    Reading("logs_exporter", ("OTEL_LOGS_EXPORTER",), one_of("otlp", "none"), _EXPORTERS),
    Reading("python_logging", ("OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED",), flag, "true or false"),
    Reading("metrics_exporter", ("OTEL_METRICS_EXPORTER",), one_of("otlp", "none"), _EXPORTERS),
    Reading(
        "metrics_interval",
        ("OTEL_METRIC_EXPORT_INTERVAL",),
        milliseconds,
        "milliseconds from 1 to 300000",
    ),
    Reading(
        "metrics_temporality",
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",),
        one_of("cumulative", "delta", "lowmemory"),
        "cumulative, delta or lowmemory",
    ),
    Reading(
        "propagators",
        ("OTEL_PROPAGATORS",),
        _propagators,
        "names of installed propagators, separated by commas",
    ),
    Reading(
        "disabled_instrumentations",
        ("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",),
        names,
        "names, separated by commas",
    ),
    Reading("privacy", ("CONTINUUM_TELEMETRY_PRIVACY",), one_of(*PROFILES), ", ".join(PROFILES)),
    Reading("safe_keys", ("CONTINUUM_TELEMETRY_SAFE_KEYS",), names, "attribute keys, separated by commas"),
    Reading(
        "rules_off",
        ("CONTINUUM_TELEMETRY_RULES_OFF",),
        _rules,
        "ids of rules, separated by commas: " + ", ".join(sorted(SWITCHABLE)),
    ),
    Reading(
        "tenant_headers",
        ("CONTINUUM_TELEMETRY_TENANT_HEADERS",),
        header_names,
        "header names, separated by commas",
    ),
    Reading(
        "shutdown_timeout",
        ("CONTINUUM_TELEMETRY_SHUTDOWN_TIMEOUT",),
        seconds,
        "seconds from 0 to 300",
    ),
)
