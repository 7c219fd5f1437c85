"""Assembles telemetry from its settings: the only place where its parts are wired. Touches nothing global."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import uuid4

from telemetry import keyring, pace, sampling, trace_scope
from telemetry.configuration.batching import Batching
from telemetry.delivery.addresses import envelope_target, otlp_target
from telemetry.delivery.dispatch import Dispatch
from telemetry.delivery.lane import Lane
from telemetry.delivery.otlp_spans import OtlpSpanExporter
from telemetry.delivery.sender import Sender
from telemetry.gate.holding import HoldingSpanProcessor, ScopingSpanProcessor
from telemetry.gate.metrics import MetricGate
from telemetry.gate.provider import GatedTracerProvider
from telemetry.gate.resource import resource_of
from telemetry.gate.scrubbing import Scrubbing
from telemetry.guard import Guard
from telemetry.identity import Identity
from telemetry.ledger import Ledger
from telemetry.privacy.tenants import Pseudonyms
from telemetry.privacy.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.metrics.export import MetricReader

    from telemetry.configuration.collector import Signal
    from telemetry.configuration.settings import Settings
    from telemetry.delivery.lane import Exporter
    from telemetry.delivery.prometheus import MetricsPage
    from telemetry.delivery.target import Target
    from telemetry.gate.envelopes import Outgoing
    from telemetry.gate.log_provider import GatedLoggerProvider
    from telemetry.gate.meter_provider import GatedMeterProvider
    from telemetry.sentry.client import ErrorClient
    from telemetry.sentry.dsn import Dsn
    from telemetry.sentry.reports import ClientReports
    from telemetry.sentry.sessions import Sessions

T = TypeVar("T")
R = TypeVar("R")
logger = logging.getLogger(__name__)

_ONE_BY_ONE: Final = Batching(most=256, batch=1, delay=0.0)
"""An envelope holds one event."""
_SENTRY_SIGNALS: Final[dict[Signal, str]] = {"traces": "span", "logs": "log"}


class Pipeline:
    """All parts of telemetry in one process, wired and not yet installed; see ``build`` and ``install``."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ledger = Ledger()
        self.identity = Identity.of(settings)
        self.pseudonyms = Pseudonyms(settings.hash_key or _generated_secret())
        self.sender = Sender(self.ledger)
        self._dispatch = Dispatch(self.ledger, settings.spooling, keyring.folder() / "spool")
        self.instruments: dict[str, str] = {}
        self.errors: ErrorClient | None = None
        self.troubles: list[str] = []
        """What could not be wired, in words."""
        self.vocabulary = Vocabulary(
            settings.privacy, settings.operator_words, settings.safe_keys, settings.rules_off
        )
        self.scrubbing = Scrubbing(
            self.vocabulary, lambda: self.identity, self.ledger, longest=settings.limits.length
        )
        self.provider = self._provider()
        self._holding: HoldingSpanProcessor | None = None
        self.sessions: Sessions | None = None
        """Counts requests for the health of the release; None when nobody wants that."""
        self._reports: ClientReports | None = None
        self._leave_by = float("inf")
        self._bind_guard = self.guard("tenant binding")
        self.logs: GatedLoggerProvider | None = None
        """Where log records go; None when nobody takes them."""
        self.metrics: GatedMeterProvider | None = None
        """Where measurements go; None when nobody takes them, and then nobody makes instruments either."""
        self.page: MetricsPage | None = None
        """Where a Prometheus is answered; it opens where an application is served or measures something."""
        self.metric_gate = MetricGate(self.scrubbing, lambda: resource_of(self.identity))
        for signal, wire in (
            ("traces", self._wire_traces),
            ("logs", self._wire_logs),
            ("metrics", self._wire_metrics),
            ("errors", self._wire_errors),
        ):
            self._try(signal, wire)

    def _try(self, signal: str, wire: Callable[[], None]) -> None:
        """Wire one signal; what goes wrong with it does not take the others along."""
        try:
            wire()
        except Exception as error:
            self.troubles.append(f"no {signal}: {type(error).__name__}")
            logger.exception("telemetry: no %s", signal)

    def guard(self, place: str) -> Guard:
        """A guard that counts its faults in this pipeline's ledger."""
        return Guard(self.ledger, place)

    def _provider(self) -> GatedTracerProvider:
        name = "always_off" if self.target("traces") is None else self.settings.sampler
        return GatedTracerProvider(
            sampling.build(name, self.settings.traces_rate),
            resource_of(self.identity),
            self.scrubbing,
            sampling.ChosenIdGenerator(),
        )

    def target(self, signal: Signal) -> Target | None:
        """Where a signal goes by OTLP; None when it goes nowhere."""
        settings = self.settings
        wanted = {
            "traces": settings.traces_exporter == "otlp",
            "logs": settings.sends_logs,
            "metrics": settings.sends_metrics,
        }
        return otlp_target(settings, signal) if wanted[signal] else None

    def _lane(self, exporter: Exporter[T], target: Target, batching: Batching) -> Lane[T] | None:
        """A lane to a destination; None, said once and noted, when it can't be reached in the way it wants."""
        try:
            courier = self._dispatch.courier(exporter.name, target, exporter)
        except (RuntimeError, ValueError, OSError) as error:
            self._complain(f"no {exporter.name}: {error}")
            return None
        lane = Lane(
            self.sender,
            exporter,
            courier,
            most=batching.most,
            batch=batching.batch,
            delay=batching.delay,
        )
        self.sender.add(lane)
        return lane

    def _wire_traces(self) -> None:
        target = self.target("traces")
        if target is None:
            return
        if self.settings.traces_by_envelope:
            from telemetry.sentry.spans import EnvelopeTransportUnavailableError, transaction_processor

            try:
                # First the scope, then the SDK's processor, which may be asked for it.
                self.provider.add_span_processor(ScopingSpanProcessor(self.ledger))
                self.provider.add_span_processor(transaction_processor(self.scrubbing))
            except EnvelopeTransportUnavailableError as error:
                logger.error("telemetry: no traces: %s", error)
            return
        lane = self._lane(OtlpSpanExporter(self.scrubbing), target, self.settings.batching["traces"])
        if lane is None:
            return
        self._holding = HoldingSpanProcessor(lane, self.ledger)
        self.sender.sweep_with(self._holding.sweep)
        self.provider.add_span_processor(self._holding)

    def _wire_logs(self) -> None:
        target = self.target("logs")
        if target is None:
            return
        from telemetry.delivery.otlp_logs import OtlpLogExporter
        from telemetry.gate.log_processors import QueueingLogProcessor
        from telemetry.gate.log_provider import GatedLoggerProvider

        lane = self._lane(OtlpLogExporter(self.scrubbing), target, self.settings.batching["logs"])
        if lane is not None:
            self.logs = GatedLoggerProvider(self.scrubbing)
            self.logs.add_log_record_processor(QueueingLogProcessor(lane, self.ledger))

    def _wire_metrics(self) -> None:
        readers = [
            reader for make in (self._pushed_metrics, self._shown_metrics) if (reader := make()) is not None
        ]
        if not readers:
            return
        from telemetry.gate.meter_provider import GatedMeterProvider

        self.metrics = GatedMeterProvider(self.metric_gate, readers, wake=self.sender.start)

    def _pushed_metrics(self) -> MetricReader | None:
        """The reader whose points go to a collector."""
        target = self.target("metrics")
        if target is None:
            return None
        from telemetry.delivery.otlp_metrics import TEMPORALITY, OtlpMetricExporter
        from telemetry.gate.metric_reader import SweptMetricReader

        lane = self._lane(OtlpMetricExporter(), target, self.settings.batching["metrics"])
        if lane is None:
            return None
        reader = SweptMetricReader(
            lane,
            self.ledger,
            self.settings.metrics_interval,
            TEMPORALITY[self.settings.metrics_temporality],
        )
        self.sender.sweep_with(reader.sweep)
        return reader

    def _shown_metrics(self) -> MetricReader | None:
        """The reader of the page that a Prometheus asks for."""
        settings = self.settings
        if not settings.serves_metrics or settings.short_lived:
            return None
        try:
            from telemetry.delivery.prometheus import MetricsPage
        except ModuleNotFoundError:
            self._complain("no metrics for Prometheus: install continuum-memory[prometheus]")
            return None
        self.page = MetricsPage(
            settings.prometheus_host, settings.prometheus_port, self.ledger, self._complain
        )
        return self.page.reader

    def _complain(self, trouble: str) -> None:
        """Say once what could not be wired, and note it."""
        logger.error("telemetry: %s", trouble)
        self.troubles.append(trouble)

    def _wire_errors(self) -> None:
        dsn = self.settings.dsn
        if dsn is None:
            return
        from telemetry.sentry.client import ErrorClient
        from telemetry.sentry.reports import ClientReports
        from telemetry.sentry.sessions import Sessions

        try:
            self.errors = ErrorClient(self.settings, self._envelope_lane, self.ledger)
        except ValueError:
            return
        courier = self.errors.lane.courier
        if self.settings.sessions:
            self.sessions = Sessions(self.ledger, courier, lambda: self.identity, self.sender.start)
            self.sender.sweep_with(self.sessions.sweep)
        signals = {"error", "transaction", "session"}
        signals |= {ours for signal, ours in _SENTRY_SIGNALS.items() if self._goes_to_sentry(signal)}
        self._reports = ClientReports(self.ledger, courier, signals)
        self.sender.sweep_with(self._reports.sweep)

    def _goes_to_sentry(self, signal: Signal) -> bool:
        return signal not in self.settings.collectors and self.target(signal) is not None

    def _envelope_lane(self, dsn: Dsn) -> Lane[Outgoing]:
        """A lane for the events of one DSN: ours, or one that the application gave a client of its own.

        Raises:
            ValueError: it can't be reached in the way that the environment wants; that was said and noted.

        """
        from telemetry.gate.envelopes import EnvelopeExporter

        exporter = EnvelopeExporter(dsn, self.scrubbing, transactions=self.settings.traces_by_envelope)
        lane = self._lane(exporter, envelope_target(dsn), _ONE_BY_ONE)
        if lane is None:
            raise ValueError("no way to the DSN")
        return lane

    def name_service(self, service: str, version: str) -> None:
        """Let the application name itself where the environment didn't."""
        self.identity = self.identity.named(service, version)
        self.vocabulary.learn_packages({service})
        self.provider.describe(resource_of(self.identity))

    def bind_tenant(self, tenant_id: str) -> None:
        """Put a tenant's pseudonym on the running trace; the id itself may then stand nowhere in it."""
        with self._bind_guard:
            scope = trace_scope.current()
            if scope is None:
                scope = trace_scope.TraceScope()
                trace_scope.enter(scope)
            scope.tenant = self.pseudonyms.of("tenant", tenant_id)
            scope.register((tenant_id,), exact=True)

    def register_content(self, texts: tuple[str, ...]) -> None:
        """Texts that may stand nowhere in what leaves under the running trace."""
        with self._bind_guard:
            scope = trace_scope.current()
            if scope is not None:
                scope.register(texts)

    def flush(self, timeout: float | None = None) -> bool:
        """Deliver what is queued within some seconds, by default the shutdown timeout."""
        timeout = self.settings.shutdown_timeout if timeout is None else timeout
        with self.guard("flush"):
            return self._with_others(self.sender.flush, timeout)
        return False

    def _with_others(self, deliver: Callable[[float], R], timeout: float) -> R:
        """Deliver while the processors and readers that others added are flushed on threads of their own."""
        deadline = time.monotonic() + timeout
        others = [self.provider.processors.flush_others(timeout)]
        if self.logs is not None:
            others.append(self.logs.processors.flush_others(timeout))
        if self.metrics is not None:
            others.append(self.metrics.flush_others(timeout))
        done = deliver(timeout)
        for thread in others:
            if thread is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        return done

    def shutdown(self, timeout: float | None = None) -> None:
        """Deliver what is queued; what is left goes to disk or is counted as lost; stop."""
        timeout = self.settings.shutdown_timeout if timeout is None else timeout
        timeout = min(timeout, max(0.0, self._leave_by - time.monotonic()))
        with self.guard("shutdown"):
            self._with_others(self.sender.shutdown, timeout)
        if self.page is not None:
            self.page.close()

    def leave(self) -> None:
        """The application is about to end: deliver now, and let ``shutdown`` have only the rest of the time."""
        self._leave_by = time.monotonic() + self.settings.shutdown_timeout
        self.flush()

    def warm_up(self) -> None:
        """Have the program's code read in the background while the application starts, not beside its requests."""
        with self.guard("warm-up"):
            threading.Thread(target=self._warm_up, name="continuum-telemetry-warm-up", daemon=True).start()

    def _warm_up(self) -> None:
        with self.guard("warm-up"), pace.paced(lambda: 0.0):
            self.vocabulary.read_program()

    def stay(self) -> None:
        """The application starts, perhaps again in the same process."""
        self._leave_by = float("inf")
        if self.page is not None:
            self.page.open()

    def after_fork(self) -> None:
        """Forget, in the child, what the parent holds: it sends it itself. No lock is asked for."""
        self.ledger.start_anew()
        self.vocabulary.start_anew()
        self.sender.start_anew()
        if self.page is not None:
            self.page.forget()
        if self._holding is not None:
            self._holding.forget()
        if self._reports is not None:
            self._reports.start_anew()
        if self.sessions is not None:
            self.sessions.start_anew()
        if self.errors is not None:
            self.errors.after_fork()
        self.identity = replace(self.identity, instance_id=str(uuid4()))
        self.provider.describe(resource_of(self.identity))


def build(settings: Settings) -> Pipeline:
    """All parts, wired, touching nothing global."""
    return Pipeline(settings)


def _generated_secret() -> str:
    """The secret for pseudonyms when none is set: one that is kept, or a passing one when it can't be."""
    secret = keyring.kept()
    if secret is not None:
        return secret
    logger.warning(
        "telemetry: pseudonyms change with every start, because no key is set and none can be kept. "
        "Set CONTINUUM_TELEMETRY_HASH_KEY"
    )
    return os.urandom(32).hex()
