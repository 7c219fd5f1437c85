"""OTLP is read alike from protobuf and JSON, and answered as the protocol says."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import brotli
import pytest
import zstandard
from google.protobuf import json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inspector_samples import Recorder, ids, recall
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

if TYPE_CHECKING:
    from starlette.testclient import TestClient

PROTOBUF = {"content-type": "application/x-protobuf"}
PATHS = [
    "/v1/traces",
    "/v1/traces/",
    "/api/1/integration/otlp/v1/traces",
    "/api/7/integration/otlp/v1/traces/",
]


def otlp_json(request: Any) -> dict[str, Any]:
    """The request as OTLP/JSON: protobuf's JSON form with ids in hex."""

    def hexed(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: hexed(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [hexed(item) for item in value]
        return base64.b64decode(value).hex() if key in ("traceId", "spanId", "parentSpanId") else value

    return hexed(json_format.MessageToDict(request, use_integers_for_enums=True))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
def test_spans_arrive_on_every_path_in_every_encoding(
    client: TestClient, path: str, encoding: str, compress: Any
) -> None:
    recorder, root, _ = recall()
    answer = client.post(
        path,
        content=compress(recorder.request().SerializeToString()),
        headers=PROTOBUF | {"content-encoding": encoding},
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-protobuf"
    (row,) = client.get("/inspector/api/traces").json()
    assert (row["trace_id"], row["root_span_id"]) == ids(root)
    assert (row["name"], row["service"], row["span_count"]) == ("POST /v1/recall", "continuum", 9)
    assert row["duration_ms"] == pytest.approx(184.3, abs=0.002)
    assert row["has_error"] is True
    assert row["errors"] == []


def test_json_and_protobuf_give_the_same_trace(client: TestClient) -> None:
    recorder, root, _ = recall()
    path = f"/inspector/api/traces/{ids(root)[0]}"
    client.post("/v1/traces", content=recorder.request().SerializeToString(), headers=PROTOBUF)
    from_protobuf = client.get(path).json()
    client.delete("/inspector/api/all")
    answer = client.post("/v1/traces", json=otlp_json(recorder.request()))
    assert (answer.status_code, answer.json()) == (200, {})
    assert client.get(path).json() == from_protobuf


def test_a_span_shows_its_attributes_events_and_status(client: TestClient) -> None:
    recorder, root, failing = recall()
    client.post("/v1/traces", content=recorder.request().SerializeToString(), headers=PROTOBUF)
    spans = client.get(f"/inspector/api/traces/{ids(root)[0]}").json()["spans"]
    span = next(span for span in spans if span["span_id"] == ids(failing)[1])
    assert span["attributes"]["db.system.name"] == "postgresql"
    assert span["status"] == {"code": "error", "message": "OperationalError"}
    assert [event["name"] for event in span["events"]] == ["exception"]
    assert span["kind"] == "client"
    assert span["redactions"] == {"sql": 4, "exception-message": 1}


def test_bodies_of_one_trace_are_merged_and_a_repeated_span_counts_once(client: TestClient) -> None:
    recorder, _, _ = recall()
    for spans in (recorder.finished()[:4], recorder.finished()[2:]):
        body = encode_spans(spans).SerializeToString()
        client.post("/v1/traces", content=body, headers=PROTOBUF)
    (row,) = client.get("/inspector/api/traces").json()
    assert row["span_count"] == 9
    assert client.get("/inspector/api/summary").json()["received"]["traces"] == 1


def test_a_span_without_ids_is_reported_as_rejected(client: TestClient) -> None:
    recorder = Recorder()
    recorder.span("kept", 0, 1)
    request = recorder.request()
    request.resource_spans[0].scope_spans[0].spans.add(name="lost")
    answer = client.post("/v1/traces", content=request.SerializeToString(), headers=PROTOBUF)
    response = ExportTraceServiceResponse.FromString(answer.content)
    assert response.partial_success.rejected_spans == 1
    assert client.post("/v1/traces", json=otlp_json(request)).json()["partialSuccess"]["rejectedSpans"] == "1"


def test_logs_are_shown_with_their_trace_and_metrics_are_counted(client: TestClient) -> None:
    recorder, root, _ = recall()
    trace_id, span_id = ids(root)
    client.post("/v1/traces", content=recorder.request().SerializeToString(), headers=PROTOBUF)
    record = {
        "traceId": trace_id,
        "spanId": span_id,
        "severityText": "WARN",
        "body": {"stringValue": "[redacted:dsn]"},
    }
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, {"body": {"intValue": "7"}}]}]}]}
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "a"}, {"name": "b"}]}]}]}
    assert client.post("/api/1/integration/otlp/v1/logs/", json=logs).json() == {}
    assert client.post("/v1/metrics", json=metrics).json() == {}
    (log,) = client.get(f"/inspector/api/traces/{trace_id}").json()["logs"]
    assert (log["severity"], log["body"], log["redactions"]) == ("WARN", "[redacted:dsn]", {"dsn": 1})
    received = client.get("/inspector/api/summary").json()["received"]
    assert (received["logs"], received["metrics"]) == (2, 2)


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics"])
@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/x-protobuf", b"\xff\xff\xff", 400),
        ("application/json", b"{", 400),
        ("application/json", b"[]", 400),
        ("application/json", b"[1]", 400),
        ("application/json", b"[" * 90_000, 400),
        ("application/json", b'{"resourceSpans":7,"resourceLogs":7,"resourceMetrics":7}', 400),
        ("text/plain", b"{}", 415),
        ("", b"{}", 415),
    ],
)
def test_nonsense_is_refused_with_one_sentence(
    client: TestClient, path: str, content_type: str, body: bytes, status: int
) -> None:
    answer = client.post(path, content=body, headers={"content-type": content_type})
    assert answer.status_code == status
    assert answer.json()["error"].count(".") >= 1
    assert client.get("/inspector/api/summary").json()["received"] == {"refused": 1}


@pytest.mark.parametrize("trace_id", ["zz" * 16, "abc"])
def test_an_id_that_is_not_hex_is_refused(client: TestClient, trace_id: str) -> None:
    span = {"traceId": trace_id, "spanId": "1" * 16, "name": "x"}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    assert client.post("/v1/traces", json=body).status_code == 400


@given(data=st.binary(max_size=120), cut=st.integers(0, 2000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_bytes_are_taken_or_refused_but_never_break(client: TestClient, data: bytes, cut: int) -> None:
    body = recall()[0].request().SerializeToString()
    for candidate in (data, body[:cut] + data + body[cut:]):
        answer = client.post("/v1/traces", content=candidate, headers=PROTOBUF)
        assert answer.status_code in (200, 400)
    assert client.get("/inspector/api/traces").status_code == 200


def test_values_that_json_cannot_carry_are_shown_as_text(client: TestClient) -> None:
    recorder = Recorder()
    root = recorder.span(
        "odd", 0, 1, attributes={"nan": float("nan"), "big": 2**62, "list": [1, 2], "text": "\x00é"}
    )
    client.post("/v1/traces", content=recorder.request().SerializeToString(), headers=PROTOBUF)
    answer = client.get(f"/inspector/api/traces/{ids(root)[0]}")
    assert json.loads(answer.content)["spans"][0]["attributes"] == {
        "nan": "nan", "big": str(2**62), "list": [1, 2], "text": "\x00é",
    }  # fmt: skip
