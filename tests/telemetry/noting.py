"""A provider with a real exporter behind its gate, and modules of an application that log."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from typing import Any

from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from telemetry.configuration.settings import Settings
from telemetry.delivery.otlp_logs import OtlpLogExporter
from telemetry.gate.log_provider import GatedLoggerProvider
from telemetry.gate.scrubbing import Scrubbing
from telemetry.identity import Identity
from telemetry.ledger import Ledger
from telemetry.privacy.vocabulary import Vocabulary
from telemetry.testing import leaks
from telemetry.testing.sink import Received

PROGRAM = """
import logging

logger = logging.Logger(__name__)  # on its own: pytest's handler formats what it gets
logger.addHandler(logging.NullHandler())


class LearningError(Exception):
    pass


def line(*arguments, **more):
    logger.error("could not index %s", *arguments, **more)


def record(logger, **fields):
    logger.emit(body="could not reach the index", **fields)


def fail(said):
    raise LearningError(f"could not learn {said} in time")


def event(logger, **fields):
    logger.emit(event_name="memory.learned", **fields)


def words():
    return ["learned_in", "batch_size"]
"""


def scrubbing_of(profile: Any = "strict") -> Scrubbing:
    identity = Identity.of(Settings(service_name="memory"))
    return Scrubbing(Vocabulary(profile), lambda: identity, Ledger())


class Noting:
    """A gated provider and what another processor, added to it, exported."""

    def __init__(self, profile: Any = "strict") -> None:
        self.scrubbing = scrubbing_of(profile)
        self.ledger = self.scrubbing.ledger
        self.provider = GatedLoggerProvider(self.scrubbing)
        self.exporter = InMemoryLogRecordExporter()
        self.provider.add_log_record_processor(SimpleLogRecordProcessor(self.exporter))

    @property
    def exported(self) -> list[Any]:
        return list(self.exporter.get_finished_logs())

    @property
    def records(self) -> list[Any]:
        return [exported.log_record for exported in self.exported]

    @property
    def faults(self) -> Any:
        return self.ledger.snapshot()["faults"]


def leaked(canary: str, exported: list[Any]) -> list[str]:
    """Every form of a text in the OTLP body of what was exported."""
    body = OtlpLogExporter(scrubbing_of()).encode(exported)
    headers = {"content-type": "application/x-protobuf"}
    return leaks.seen(canary, [Received("/v1/logs", headers, body, body, 200, 0.0)])


@contextlib.contextmanager
def application(folder, name="notes_app", source=PROGRAM):
    """A loaded module whose code the gate can read; its words are the programmer's."""
    path = folder / f"{name}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[name]
