"""What is planted into the collector's input doesn't come out of it, and what is clean comes out as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import corpus_secrets
import pytest
import requests_otlp as otlp
from collectors import GATEWAY, PSEUDONYMS, Ports, gateway_settings
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telemetry.privacy import policy, words
from telemetry.testing import leaks
from telemetry.testing.canaries import Canaries

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from collectors import Collector

    from telemetry.testing.sink import Sink

pytestmark = pytest.mark.collector

KEYS = sorted(
    policy.SAFE_KEYS.keys()
    | policy.TREATED_KEYS
    | policy.DROPPED_KEYS
    | words.NUMERIC_KEYS
    | {"diary", "redacted.key", "redaction.masked.keys", "redaction.redacted.count"}
)
WORD_KEYS = sorted(key for key in KEYS if policy.SAFE_KEYS.get(key) in (None, "word"))
_RARE = re.compile("[ghjkmnpqrstvwxz]{9,20}")
TENANT = "alice-and-daughters"


def _assert_clean(canaries: Canaries, sink: Sink) -> None:
    """Each canary holds a word that stands nowhere else: it may not be there, nor as hexadecimal digits."""
    bodies = b"".join(request.body for request in sink.requests).lower()
    rare = {what: _RARE.search(text)[0].encode() for what, text in canaries.planted.items()}
    assert not [what for what, word in rare.items() if word in bodies or word.hex().encode() in bodies]


def test_what_is_planted_anywhere_in_a_span_does_not_come_out(gateway: Collector, sink: Sink) -> None:
    canaries = Canaries()
    request = ExportTraceServiceRequest()
    for make in (canaries, canaries.sentence):
        span = otlp.add_span(
            request, make("span name"), resource={key: canaries.sentence(key) for key in KEYS}
        )
        span.trace_state = f"vendor={make('trace state')}"
        span.status.message = make("status")
        span.attributes.extend(otlp.attributes({make("key"): "x", make("number's key"): 7}))
        event = span.events.add(name=make("event name"))
        event.attributes.extend(otlp.attributes({key: make(f"event's {key}") for key in WORD_KEYS}))
        link = span.links.add(
            trace_id=b"1" * 16, span_id=b"2" * 8, trace_state=f"vendor={make('link state')}"
        )
        link.attributes.extend(otlp.attributes({"http.route": make("link")}))
        scoped = request.resource_spans[-1].scope_spans[0]
        scoped.schema_url = make("scope's schema")
        scoped.scope.name = canaries.sentence("scope name")
        scoped.scope.version = make("scope version")
        scoped.scope.attributes.extend(otlp.attributes({key: make(f"scope's {key}") for key in WORD_KEYS}))
        request.resource_spans[-1].schema_url = make("resource's schema")
        request.resource_spans[-1].resource.entity_refs.add(
            type=make("entity's type"), id_keys=[make("entity's key")], schema_url=make("entity's schema")
        )
    for key in KEYS:
        text = canaries.sentence(f"within {key}")
        for plain in (text, [text], {"said": text}, {text: 1}, text.encode()):
            span = otlp.add_span(request)
            del span.attributes[:]
            span.attributes.extend(otlp.attributes({key: plain}))
    for key in WORD_KEYS:
        otlp.add_span(request, **{key.replace(".", "__"): canaries(f"word in {key}")})
    otlp.add_span(request, f"SELECT {canaries.sentence('span name behind a verb')}")
    otlp.add_span(request, f"POST /said {canaries.sentence('span name behind a route')}")
    otlp.add_span(request, db__query__text=f"SELECT a FROM b WHERE c = '{canaries('literal')}'")
    otlp.add_span(request, db__query__text=f"SELECT a FROM b -- {canaries.sentence('comment')}")
    assert gateway.post("traces", request.SerializeToString()) == 200
    total = len(request.resource_spans) - 2  # spans with links are left out
    assert len(sink.wait_for(lambda sink: len(sink.spans()) >= total and sink.spans(), 60)) == total
    _assert_clean(canaries, sink)
    assert not [what for what in canaries.planted.values() if what in gateway.log]


def test_what_is_planted_anywhere_in_a_log_record_does_not_come_out(gateway: Collector, sink: Sink) -> None:
    canaries = Canaries()
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add(schema_url=canaries("schema")).scope_logs.add().log_records
    said = [canaries("word"), canaries.sentence("sentence")]
    for body in (*said, said, {"said": said[1]}, {said[0]: 1}, said[1].encode()):
        record = records.add(
            body=otlp.value(body), severity_text=canaries("level"), event_name=canaries("event")
        )
        record.attributes.extend(otlp.attributes({key: canaries(f"log's {key}") for key in WORD_KEYS}))
    assert gateway.post("logs", request.SerializeToString()) == 200
    assert len(sink.wait_for(lambda sink: len(sink.logs()) >= 6 and sink.logs(), 20)) == 6
    _assert_clean(canaries, sink)


def test_what_is_planted_anywhere_in_a_metric_does_not_come_out(gateway: Collector, sink: Sink) -> None:
    canaries = Canaries()
    request = ExportMetricsServiceRequest()
    planted = {key: canaries(f"metric's {key}") for key in WORD_KEYS}
    of_resource = request.resource_metrics.add(schema_url=canaries("schema"))
    of_resource.resource.attributes.extend(otlp.attributes(planted))
    metrics = of_resource.scope_metrics.add().metrics
    for name in (canaries("name"), "http.server.active_requests", "with.exemplar"):
        metric = metrics.add(name=name, description=canaries.sentence("description"), unit=canaries("unit"))
        metric.metadata.extend(otlp.attributes({canaries("metadata key"): canaries("metadata")}))
        point = metric.gauge.data_points.add(as_int=7)
        point.attributes.extend(otlp.attributes(planted))
        if name == "with.exemplar":
            point.exemplars.add(as_int=7).filtered_attributes.extend(otlp.attributes(planted))
    assert gateway.post("metrics", request.SerializeToString()) == 200
    assert len(sink.wait_for(lambda sink: len(sink.metrics()) >= 2 and sink.metrics(), 20)) == 2
    _assert_clean(canaries, sink)


def test_every_secret_that_the_application_would_find_is_found_by_the_translated_rules(
    start: Callable[..., Collector], sink: Sink, tmp_path: Path
) -> None:
    ports = Ports()
    alone = tmp_path / "alone.yaml"
    alone.write_text(
        "processors: {redaction/scrub: {allow_all_keys: true}}\n"
        "service: {pipelines: {traces: {processors: [redaction/scrub]}}}\n"
    )
    gateway = start((*GATEWAY, str(alone)), gateway_settings(tmp_path, ports, sink), ports)
    planted = {one.line: one.secret for one in corpus_secrets.corpus() if not policy.RULES[one.rule].prose}
    request = ExportTraceServiceRequest()
    for text in planted:
        otlp.add_span(request, said=text)
    assert gateway.post("traces", request.SerializeToString()) == 200
    sink.wait_for(lambda sink: len(sink.spans()) >= len(planted), 20)
    came_out = "\n".join(str(span.attributes.get("said")) for span in sink.spans())
    assert len(sink.spans()) == len(planted) > 100
    assert not [secret for secret in planted.values() if secret in came_out]


def test_a_tenant_gets_the_pseudonym_that_the_application_would_give_it(
    gateway: Collector, sink: Sink
) -> None:
    gateway.post("traces", otlp.spans("GET /items/{item_id}", continuum__tenant__id=TENANT))
    gateway.post("logs", otlp.logs(["hello"], continuum__tenant__id=TENANT))
    sink.wait_for(lambda sink: sink.spans() and sink.logs(), 15)
    made = {one.attributes["continuum.tenant.hash"] for one in (*sink.spans(), *sink.logs())}
    assert made == {PSEUDONYMS.of("tenant", TENANT)}
    assert not leaks.find(TENANT, sink.requests)


def test_what_went_through_once_goes_through_again_unchanged(gateway: Collector, sink: Sink) -> None:
    dirty = {key.replace(".", "__"): "what she said to me" for key in KEYS}
    gateway.post(
        "traces", otlp.spans("GET /items/{item_id}", "what she said", continuum__tenant__id=TENANT, **dirty)
    )
    gateway.post("logs", otlp.logs(["what she said to me"], **dirty))
    sink.wait_for(lambda sink: len(sink.spans()) == 2 and sink.logs(), 15)
    once = [request for request in sink.requests if request.taken]
    for request in once:
        gateway.post(request.route.rpartition("/")[2], request.body)
    sink.wait_for(lambda sink: len(sink.spans()) == 4 and len(sink.logs()) == 2, 15)
    by_id: dict[str, list[object]] = {}
    for span in sink.spans():
        by_id.setdefault(span.span_id, []).append(span)
    assert [first == second for first, second in by_id.values()] == [True, True]
    first, second = sink.logs()
    assert first == second
