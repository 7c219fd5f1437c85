"""Settings of telemetry: one frozen dataclass, and the only place that asks the environment for them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from telemetry.configuration import derived
from telemetry.configuration.batching import Batching
from telemetry.configuration.collector import SIGNALS, Collector, Signal
from telemetry.configuration.environment import Environment, Problem
from telemetry.configuration.limits import Limits
from telemetry.configuration.readings import (
    BREAKING,
    CONFIG_FILE,
    ENVIRONMENT,
    READINGS,
    RESOURCE_ATTRIBUTES,
    argument,
    within_resource,
)
from telemetry.configuration.spooling import Spooling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telemetry.configuration.shown import ShownSetting
    from telemetry.privacy.vocabulary import Profile
    from telemetry.sentry.dsn import Dsn

Transport = Literal["otlp", "envelope"]

DEFAULT_PROPAGATORS = ("tracecontext", "baggage", "continuum_sentry")
SHORT_SHUTDOWN = 2.0


@dataclass(frozen=True)
class Settings:
    """What was asked of telemetry. ``read`` is the only reader; the tables are made from what stands here."""

    dsn: Dsn | None = None
    """SENTRY_DSN: where errors go, and traces too when no OTLP endpoint is set. An empty argument is no DSN."""

    disabled: bool = False
    """OTEL_SDK_DISABLED: ``true`` switches everything off."""

    environment: str = "development"
    """CONTINUUM_ENV, SENTRY_ENVIRONMENT: where this runs, in lower case; ``dev``, ``prod`` and ``stage`` are short
    for the three names. Some defaults depend on it."""

    release: str | None = None
    """CONTINUUM_RELEASE, SENTRY_RELEASE: which release this is. A bare version gets the application's name before
    it, ``continuum@0.3.0``, but not in SENTRY_RELEASE, which counts as it stands. When nothing is set: the build
    stamp, then the commit of a checkout, then the package's version."""

    service_name: str | None = None
    """OTEL_SERVICE_NAME: the service that spans, logs and metrics are of; what the application calls itself when
    not set."""

    service_version: str | None = None
    """OTEL_RESOURCE_ATTRIBUTES: the service's version; that of the release, or the application's own, when not
    set."""

    application: str | None = None
    """What the application calls itself, for the release, and for the service where no variable names it."""

    application_version: str | None = None
    """The version that the application gives itself."""

    server_name: str | None = None
    """CONTINUUM_SERVER_NAME: the machine; its host name when not set."""

    resource_attributes: tuple[tuple[str, str], ...] = ()
    """OTEL_RESOURCE_ATTRIBUTES: who sends, in more words; ``service.name``, ``service.version``,
    ``service.instance.id`` and ``deployment.environment.name`` count where no variable of their own is set."""

    error_rate: float = 1.0
    """SENTRY_SAMPLE_RATE: the share of error events that is sent."""

    sessions: bool = True
    """SENTRY_AUTO_SESSION_TRACKING: whether requests are counted by how they ended, for a release's health."""

    traces_rate: float = 0.0
    """SENTRY_TRACES_SAMPLE_RATE, OTEL_TRACES_SAMPLER_ARG: the share of new traces that is sent. The last counts
    with a ``…traceidratio`` sampler only, whose own default is 1. With the local inspector it is 1 in
    development."""

    sampler: str = "parentbased_traceidratio"
    """OTEL_TRACES_SAMPLER: who decides which traces are sent, unless SENTRY_TRACES_SAMPLE_RATE is set."""

    traces_transport: Transport = "otlp"
    """SENTRY_TRACES_TRANSPORT: to Sentry's OTLP endpoint, or in envelopes by the SDK's processor, for servers that
    have no such endpoint (sentry-sdk 2.x only)."""

    collectors: Mapping[Signal, Collector] = field(default_factory=dict)
    """OTEL_EXPORTER_OTLP_*: the collector of each signal that has one."""

    batching: Mapping[str, Batching] = field(default_factory=lambda: {name: Batching() for name in SIGNALS})
    """OTEL_BSP_*, OTEL_BLRP_*: the queue of each signal."""

    limits: Limits = field(default_factory=Limits)
    """OTEL_ATTRIBUTE_*_LIMIT, OTEL_SPAN_*_LIMIT: how much one span may hold."""

    spooling: Spooling = field(default_factory=Spooling)
    """CONTINUUM_TELEMETRY_SPOOL…: what can't be sent waits on disk."""

    traces_exporter: str = "otlp"
    """OTEL_TRACES_EXPORTER: whether spans are sent."""

    logs_exporter: str | None = None
    """OTEL_LOGS_EXPORTER: whether log records are sent; when not set, they are where a collector takes them.
    Set to ``otlp``, it brings the lines of Python's logging too, and without a collector they go to Sentry."""

    python_logging: bool = False
    """OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED: lines of Python's logging become log records."""

    metrics_exporter: str = "otlp"
    """OTEL_METRICS_EXPORTER: whether metrics are sent, which only collectors take, and whether a Prometheus is
    answered, which needs the extra of that name and isn't done by the CLI's commands."""

    prometheus_host: str = "localhost"
    """OTEL_EXPORTER_PROMETHEUS_HOST: where a Prometheus is answered. Nobody is asked who they are: another
    address than this machine's own is for a network that only Prometheus is in."""

    prometheus_port: int = 9464
    """OTEL_EXPORTER_PROMETHEUS_PORT: the same; the path is ``/metrics``."""

    short_lived: bool = False
    """Whether this process is a command that people wait for."""

    metrics_interval: float = 60.0
    """OTEL_METRIC_EXPORT_INTERVAL, in milliseconds: the time between two collections."""

    metrics_temporality: str = "cumulative"
    """OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: whether counts are told since the start or since the
    last time."""

    propagators: tuple[str, ...] = DEFAULT_PROPAGATORS
    """OTEL_PROPAGATORS: how a trace is continued from and to other services."""

    disabled_instrumentations: tuple[str, ...] = ()
    """OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: instrumentations that don't run, ``*`` for all. Errors are captured
    all the same."""

    excluded_urls: tuple[str, ...] = ()
    """OTEL_PYTHON_FASTAPI_EXCLUDED_URLS, OTEL_PYTHON_EXCLUDED_URLS: requests to these have no server span. Their
    errors are captured all the same."""

    hash_key: str | None = field(default=None, repr=False)
    """CONTINUUM_TELEMETRY_HASH_KEY, CONTINUUM_TELEMETRY_HASH_KEY_FILE: the secret that pseudonyms are made with, or
    the file that holds it. When not set, one is generated and kept in the user's data directory."""

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
    """Where each setting came from: a variable's name, an argument, ``default`` or
    ``default of ENVIRONMENT``."""

    overridden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By setting: variables that are set and say something else, but come later in the order."""

    problems: tuple[Problem, ...] = ()
    """Variables whose values could not be used."""

    @property
    def breaking(self) -> tuple[str, ...]:
        """Variables with values at which OpenTelemetry raises, some when it is imported: take them away from it."""
        return tuple(problem.variable for problem in self.problems if problem.variable in BREAKING)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was overridden, in words: nothing is wrong, but somebody may wonder.

        That a signal's own OTLP variable goes before the general one is what they are for.
        """
        return tuple(
            f"{variable} does not count for {setting}: {self._reason(setting)}"
            for setting, variables in self.overridden.items()
            if not setting.startswith(("otlp_", "limit_"))
            for variable in variables
        )

    def _reason(self, setting: str) -> str:
        source = self.sources[setting]
        if source.startswith("default"):  # of OTEL_TRACES_SAMPLER_ARG alone
            return "OTEL_TRACES_SAMPLER is not set to a traceidratio"
        return f"{source} goes first"

    @property
    def wanted(self) -> bool:
        """Whether there is anywhere to send anything, or somebody who asks for it."""
        return not self.disabled and (self.dsn is not None or bool(self.collectors) or self.serves_metrics)

    def shown(self) -> list[ShownSetting]:
        """Each setting with where it came from and what it overrode, and no secret."""
        from telemetry.configuration.shown import shown

        return shown(self)

    def for_a_short_life(self) -> Settings:
        """The same for a command that people wait for, where the environment doesn't say otherwise."""
        given = self.sources.get("shutdown_timeout", "default") != "default"
        spooled = self.spooling.enabled is not None
        return replace(
            self,
            short_lived=True,
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
        return "otlp" in self.metrics_exporter.split(",") and "metrics" in self.collectors

    @property
    def serves_metrics(self) -> bool:
        """Whether a Prometheus is answered."""
        return "prometheus" in self.metrics_exporter.split(",")

    @property
    def traces_by_envelope(self) -> bool:
        """Whether traces go to Sentry as transactions in envelopes."""
        return self.traces_transport == "envelope" and "traces" not in self.collectors

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read settings; what is wrong is noted in ``problems`` and replaced by its default, never raised."""
        return cls.read(environ)

    @classmethod
    def read(cls, environ: Mapping[str, str], arguments: Mapping[str, object] | None = None) -> Settings:
        """Read settings; what is wrong is noted in ``problems`` and replaced by its default, never raised.

        Args:
            environ: the variables.
            arguments: what the application says itself, before all variables: ``dsn``, ``environment``,
                ``release``, ``traces_sample_rate``, ``sample_rate``. An empty ``dsn`` is none, whatever the
                variables say; None, and any other empty text, is not given. ``service`` and ``version`` are
                what the application calls itself: they come after the variables, so that whoever runs it can
                tell two of its installations apart.

        """
        env = Environment(environ)
        derived.take_arguments(env, arguments or {})
        env.read(CONFIG_FILE, None)
        resource: tuple[tuple[str, str], ...] = env.read(RESOURCE_ATTRIBUTES, ())
        env.given |= {within_resource(key): value for key, value in resource}
        environment: str = env.read(ENVIRONMENT, cls.environment)
        read: dict[str, Any] = {
            setting: env.read(reading, cls.__dataclass_fields__[setting].default)
            for setting, reading in READINGS.items()
        }
        if argument("dsn") in env.given and not env.raw(argument("dsn")):
            read["dsn"], env.sources["dsn"] = None, argument("dsn")
            env.override("dsn", "SENTRY_DSN")
        read["privacy"] = derived.privacy(read["privacy"], env, environment, read["dsn"])
        sampler, traces_rate = derived.sampling(env, environment, read["dsn"])
        return cls(
            **read,
            environment=environment,
            resource_attributes=resource,
            sampler=sampler,
            traces_rate=traces_rate,
            collectors={
                signal: collector
                for signal in SIGNALS
                if (collector := Collector.of(env, signal)) is not None
            },
            batching={signal: Batching.of(env, signal) for signal in SIGNALS},
            spooling=Spooling.of(env),
            limits=Limits.of(env),
            hash_key=derived.hash_key(env),
            operator_words=derived.operator_words(environ),
            sources=env.sources,
            overridden=env.overridden,
            problems=tuple(env.problems),
        )
