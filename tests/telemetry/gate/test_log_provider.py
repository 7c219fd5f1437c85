"""Whatever is added to the provider sees clean copies; our own processor only queues; nothing is raised."""

from __future__ import annotations

import os
import threading

import noting
import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadWriteLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from telemetry import trace_scope
from telemetry.configuration.settings import Settings
from telemetry.delivery.courier import Courier
from telemetry.delivery.exchange_http import HttpConnection
from telemetry.delivery.lane import Lane
from telemetry.delivery.otlp_logs import OtlpLogExporter
from telemetry.delivery.sender import Sender
from telemetry.delivery.target import Target
from telemetry.gate.log_processors import QueueingLogProcessor
from telemetry.gate.log_provider import GatedLoggerProvider
from telemetry.gate.scrubbing import Scrubbing
from telemetry.identity import Identity
from telemetry.ledger import Ledger
from telemetry.privacy.vocabulary import Vocabulary
from telemetry.testing import leaks
from telemetry.testing.canaries import Canaries
from telemetry.testing.sink import Sink


class Failing(SimpleLogRecordProcessor):
    def __init__(self):
        super().__init__(InMemoryLogRecordExporter())

    def on_emit(self, log_record):
        raise RuntimeError("x")

    def enabled(self, **asked):
        raise RuntimeError("x")

    def force_flush(self, timeout_millis=30_000):
        raise RuntimeError("x")

    def shutdown(self):
        raise RuntimeError("x")


@pytest.fixture
def noted():
    return noting.Noting()


@pytest.fixture
def said():
    return Canaries().sentence("said")


@pytest.mark.parametrize("way", ["public", "private", "direct"])
def test_a_processor_sees_only_clean_copies_however_it_was_added(noted, said, way):
    exporter = InMemoryLogRecordExporter()
    processor = SimpleLogRecordProcessor(exporter)
    if way == "public":
        noted.provider.add_log_record_processor(processor)
    else:
        noted.provider._multi_log_record_processor.add_log_record_processor(processor)
    if way == "direct":
        record = ReadWriteLogRecord(LogRecord(body=said), Resource({"who": said}))
        noted.provider._multi_log_record_processor.on_emit(record)
    else:
        noted.provider.get_logger("x").emit(body=said)
    (exported,) = exporter.get_finished_logs()
    assert not noting.leaked(said, [exported])


def test_a_record_that_somebody_built_with_a_resource_gets_ours(noted, said):
    record = ReadWriteLogRecord(LogRecord(body=said), Resource({"who": said}))
    noted.provider.get_logger("x").emit(record)
    assert noted.exported[0].resource.attributes["service.name"] == "memory"
    assert not noting.leaked(said, noted.exported)


def test_processors_do_not_share_a_copy(noted):
    class Changing(SimpleLogRecordProcessor):
        def on_emit(self, log_record):
            log_record.log_record.body = "changed"

    first = noting.Noting()
    first.provider.add_log_record_processor(Changing(InMemoryLogRecordExporter()))
    first.provider.add_log_record_processor(SimpleLogRecordProcessor(first.exporter))
    first.provider.get_logger("x").emit(body=1)
    assert [record.body for record in first.records] == [1, 1]


def test_what_a_processor_raises_stays_here_and_is_counted(noted):
    noted.provider.add_log_record_processor(Failing())
    logger = noted.provider.get_logger("x")
    logger.emit(body=1)
    assert logger.enabled(severity_number=SeverityNumber.INFO)
    assert noted.provider.force_flush() is False
    noted.provider.shutdown()
    assert len(noted.exported) == 1
    assert noted.faults == {"log gate of Failing: RuntimeError": 3}


def test_fields_that_no_record_has_are_not_raised_about(noted):
    noted.provider.get_logger("x").emit(colour="red")
    assert noted.faults == {"log records: TypeError": 1}


def test_a_record_that_cannot_be_cleaned_is_not_exported(noted, said, monkeypatch):
    monkeypatch.setattr("telemetry.privacy.scrub.Scrubber.attributes", lambda *_: 1 / 0)
    noted.provider.get_logger("x").emit(body=said)
    assert noted.exported == []
    assert sum(noted.faults.values()) == 1


@pytest.fixture
def sink():
    with Sink() as sink:
        yield sink


@pytest.fixture
def queueing(noted, sink):
    """Our own processor with a real lane that delivers to a real socket."""
    target = Target(f"{sink.url}/v1/logs", {"Content-Type": "application/x-protobuf"})
    exporter = OtlpLogExporter(noted.scrubbing)
    courier = Courier(exporter.name, target, HttpConnection(target), exporter, noted.ledger)
    sender = Sender(noted.ledger)
    lane = Lane(sender, exporter, courier, delay=60.0)
    sender.add(lane)
    yield QueueingLogProcessor(lane, noted.ledger)
    sender.shutdown(0)


def test_our_processor_delivers_records_with_the_tenant_that_was_bound_later(noted, queueing, sink, said):
    noted.provider.add_log_record_processor(queueing)
    scope = trace_scope.TraceScope()
    before = trace_scope.enter(scope)
    try:
        noted.provider.get_logger("uvicorn").emit(body=said)
    finally:
        trace_scope.enter(before)
    scope.tenant = "abcd-0123"
    assert noted.ledger.snapshot()["in_flight"] == {"log": 1}
    assert queueing.force_flush(10_000)
    body = b"".join(request.body for request in sink.requests)
    assert b"uvicorn" in body
    assert b"abcd-0123" in body
    assert not leaks.seen(said, sink.requests)
    assert noted.ledger.snapshot()["ended"] == {"log": {"delivered": 1}}


def test_our_processor_delivers_what_is_handed_to_itself(queueing, sink, said):
    queueing.on_emit(ReadWriteLogRecord(LogRecord(body=said), Resource({"who": said})))
    assert queueing.force_flush(10_000)
    assert sink.requests
    assert not leaks.seen(said, sink.requests)


def test_only_the_processors_of_others_are_flushed_aside(noted):
    assert GatedLoggerProvider(noted.scrubbing).processors.flush_others(1.0) is None
    flushing = noted.provider.processors.flush_others(1.0)
    flushing.join(5)
    assert not flushing.is_alive()


def test_records_follow_the_identity_of_the_service():
    identity = Identity.of(Settings())
    scrubbing = Scrubbing(Vocabulary(), lambda: identity, Ledger())
    provider = GatedLoggerProvider(scrubbing)
    exporter = InMemoryLogRecordExporter()
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("x")
    identity = identity.named("notes", "2")
    logger.emit(body=1)
    assert exporter.get_finished_logs()[0].resource.attributes["service.name"] == "notes"


def test_limits_of_the_environment_that_make_no_sense_are_not_asked(monkeypatch):
    monkeypatch.setenv("OTEL_ATTRIBUTE_COUNT_LIMIT", "many")
    monkeypatch.setenv("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "-1")
    noted = noting.Noting()
    noted.provider.get_logger("x").emit(body=1)
    assert len(noted.exported) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_can_log_though_a_thread_of_the_parent_held_the_locks(noted):
    held, done = threading.Event(), threading.Event()

    def hold():
        with noted.provider._logger_cache_lock, noted.provider._active_loggers_lock:
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    child = os.fork()
    if child == 0:
        noted.provider.get_logger("child").emit(body=1)
        os._exit(len(noted.exported))
    done.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
