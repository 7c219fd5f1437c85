"""Log records become OTLP bodies, which can be halved and made smaller."""

from __future__ import annotations

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from telemetry.configuration.settings import Settings
from telemetry.delivery.otlp_logs import LONGEST_VALUE, OtlpLogExporter
from telemetry.gate.noted import NotedLog
from telemetry.gate.scrubbing import Scrubbing
from telemetry.identity import Identity
from telemetry.ledger import Ledger
from telemetry.privacy.vocabulary import Vocabulary


@pytest.fixture
def exporter():
    return OtlpLogExporter(Scrubbing(Vocabulary("strict"), lambda: Identity.of(Settings()), Ledger()))


def record(body, scope="x", service="memory", **attributes):
    made = LogRecord(body=body, attributes=attributes)
    return ReadableLogRecord(made, Resource({"service.name": service}), InstrumentationScope(scope))


def rows(body):
    """(service, scope, body) of each record."""
    return [
        (resource.resource.attributes[0].value.string_value, scope.scope.name, log.body.int_value)
        for resource in ExportLogsServiceRequest.FromString(body).resource_logs
        for scope in resource.scope_logs
        for log in scope.log_records
    ]


def test_an_item_is_a_log_and_weighs_what_was_noted(exporter):
    noted = NotedLog("x", body="y" * 100, weight=100)
    assert exporter.signal(noted) == "log"
    assert exporter.weight(noted) > 100
    assert exporter.gate(noted, None).log_record.body == "[data]"


def test_halves_hold_the_same_records_under_the_same_resources_and_scopes(exporter):
    records = [record(n, scope=f"s{n % 2}", service=f"r{n % 3}") for n in range(9)]
    body = exporter.encode(records)
    parts = exporter.split(body)
    assert [quantity for quantity, _ in parts] == [4, 5]
    assert [len(rows(part)) for _, part in parts] == [4, 5]
    assert [row for _, part in parts for row in rows(part)] == rows(body)


def test_one_record_is_not_split(exporter):
    assert exporter.split(exporter.encode([record(1)])) == []


def test_a_large_record_keeps_its_numbers_and_the_beginning_of_its_texts(exporter):
    body = exporter.encode([record("x" * 9000, size=3, long="y" * 9000, deep={"a": ["z" * 9000]})])
    trimmed = exporter.trim(body)
    (log,) = ExportLogsServiceRequest.FromString(trimmed).resource_logs[0].scope_logs[0].log_records
    told = {attribute.key: attribute.value for attribute in log.attributes}
    assert log.body.string_value == "x" * LONGEST_VALUE
    assert told["long"].string_value == "y" * LONGEST_VALUE
    assert told["size"].int_value == 3
    assert told["deep"].WhichOneof("value") is None
    assert len(trimmed) < 1000


def test_what_cannot_get_smaller_is_left(exporter):
    body = exporter.encode([record("x", size=3)])
    assert exporter.trim(body) is None
