"""The application links errors to traces, keeps its bounds and answers only this machine's own page."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from inspector_samples import Recorder, error_envelope, ids, recall, transaction_envelope
from sentry_sdk.envelope import Envelope
from starlette.testclient import TestClient

from telemetry.inspector.app import create_app
from telemetry.inspector.store import Limits, Store

if TYPE_CHECKING:
    from collections.abc import Callable

PROTOBUF = {"content-type": "application/x-protobuf"}


def send_trace(client: TestClient) -> tuple[str, str]:
    recorder, _, failing = recall()
    client.post("/v1/traces", content=recorder.request().SerializeToString(), headers=PROTOBUF)
    return ids(failing)


@pytest.mark.parametrize("errors_first", [True, False])
def test_an_error_is_linked_to_its_trace_and_span(client: TestClient, errors_first: bool) -> None:
    recorder, _, failing = recall()
    trace_id, span_id = ids(failing)
    sends: list[Callable[[], Any]] = [
        lambda: client.post("/v1/traces", content=recorder.request().SerializeToString(), headers=PROTOBUF),
        lambda: client.post("/api/1/envelope/", content=error_envelope(trace_id, span_id)),
    ]
    for send in reversed(sends) if errors_first else sends:
        assert send().status_code == 200
    trace = client.get(f"/inspector/api/traces/{trace_id}").json()
    assert trace["errors"] == ["a" * 32]
    assert {span["name"]: span["errors"] for span in trace["spans"] if span["errors"]} == {
        "SELECT continuum.memories": ["a" * 32]
    }
    assert trace["error_rows"][0]["type"] == "OperationalError"
    error = client.get("/inspector/api/errors/" + "a" * 32).json()
    assert (error["trace_kept"], error["span_name"]) == (True, "SELECT continuum.memories")
    assert client.get("/inspector/api/errors").json()[0]["trace_kept"] is True


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstandard.ZstdCompressor().compress)],
)
def test_an_envelope_is_answered_with_its_id(
    client: TestClient, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    answer = client.post(
        "/api/1/envelope/",
        content=compress(error_envelope("1" * 32, "2" * 16)),
        headers={"content-encoding": encoding, "x-sentry-auth": "Sentry sentry_key=topsecretkey"},
    )
    assert (answer.status_code, answer.json()) == (200, {"id": "a" * 32})


def test_the_key_of_a_dsn_is_never_shown(client: TestClient) -> None:
    client.post(
        "/api/1/envelope/?sentry_key=topsecretkey",
        content=error_envelope("1" * 32, "2" * 16),
        headers={"x-sentry-auth": "Sentry sentry_key=topsecretkey, sentry_version=7"},
    )
    for path in ("summary", "traces", "errors", "errors/" + "a" * 32):
        assert "topsecretkey" not in client.get(f"/inspector/api/{path}").text


def test_a_transaction_becomes_a_trace(client: TestClient) -> None:
    assert client.post("/api/1/envelope/", content=transaction_envelope()).json() == {"id": "d" * 32}
    trace = client.get("/inspector/api/traces/" + "c" * 32).json()
    assert (trace["name"], trace["service"], trace["sources"]) == (
        "GET /v1/concepts",
        "continuum",
        ["envelope"],
    )
    assert trace["duration_ms"] == pytest.approx(42, abs=0.01)
    root, child = trace["spans"]
    assert (root["kind"], root["attributes"]["http.route"]) == ("server", "/v1/concepts")
    assert (child["parent_span_id"], child["kind"], child["redactions"]) == (
        root["span_id"],
        "client",
        {"sql": 1},
    )


def test_other_items_are_counted_by_type(client: TestClient) -> None:
    types = ("session", "client_report", "made-up", "session")
    body = "{}\n" + "".join(f'{{"type":"{kind}"}}\n{{}}\n' for kind in types)
    assert client.post("/api/1/envelope", content=body).json() == {}
    assert client.get("/inspector/api/summary").json()["envelope_items"] == {
        "session": 2, "client_report": 1, "other": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b'{}\n{"type":"event"}\n[]', b'{}\n{"type":"transaction"}\nx']
)
def test_a_bad_envelope_is_refused_and_leaves_nothing(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/1/envelope/", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert client.get("/inspector/api/summary").json()["received"] == {"refused": 1}


@pytest.mark.parametrize("kind", ["event", "transaction"])
@pytest.mark.parametrize(
    "payload",
    [
        {"contexts": {"trace": {"trace_id": "1" * 32, "span_id": "2" * 16, "data": {"\ud800": "\udfff"}}}},
        {"timestamp": 1e300, "start_timestamp": float("nan"), "contexts": 7, "spans": [1, None, {"data": 3}]},
        {"contexts": {"trace": {"trace_id": ["x"], "span_id": {}}},
         "tags": [["a"], ["b", 1], "c"], "user": "me"},
        {"timestamp": 5, "start_timestamp": 4, "contexts": {"trace": {
         "trace_id": "1" * 32, "span_id": "2" * 16,
         "data": {"deep": json.loads("[" * 400 + "]" * 400), "huge": 10**4000, "inf": float("inf")}}}},
    ],
)  # fmt: skip
def test_events_of_odd_shapes_never_break_a_view(
    client: TestClient, kind: str, payload: dict[str, Any]
) -> None:
    body = b'{}\n{"type":"%s"}\n%s' % (kind.encode(), json.dumps(payload).encode())
    assert client.post("/api/1/envelope/", content=body).status_code == 200
    for path in ("summary", "traces", "errors", "traces/" + "1" * 32):
        assert client.get(f"/inspector/api/{path}").status_code in (200, 404)
    for row in client.get("/inspector/api/errors").json():
        assert client.get(f"/inspector/api/errors/{row['event_id']}").status_code == 200


def test_a_large_body_is_refused(client: TestClient) -> None:
    assert client.post("/api/1/envelope/", content=b"x" * (5 * 1024 * 1024 + 1)).status_code == 413
    bomb = gzip.compress(b"\0" * 30_000_000)
    answer = client.post("/v1/traces", content=bomb, headers=PROTOBUF | {"content-encoding": "gzip"})
    assert (answer.status_code, "decompressed" in answer.json()["error"]) == (413, True)


def test_the_oldest_goes_first_and_is_counted() -> None:
    store = Store(Limits(traces=3, errors=2, spans_per_trace=4))
    with TestClient(create_app(store), base_url="http://localhost") as client:
        sent = [send_trace(client)[0] for _ in range(5)]
        for number in range(4):
            client.post("/api/1/envelope/", content=error_envelope("1" * 32, "2" * 16, f"{number + 1:032x}"))
        rows = client.get("/inspector/api/traces").json()
        summary = client.get("/inspector/api/summary").json()
        assert {row["trace_id"] for row in rows} == set(sent[2:])
        assert {row["span_count"] for row in rows} == {4}
        assert {row["dropped_spans"] for row in rows} == {5}
        assert {row["event_id"] for row in client.get("/inspector/api/errors").json()} == {
            f"{n:032x}" for n in (3, 4)
        }
        assert summary["evicted"] == {"spans": 25, "traces": 2, "errors": 2}
        assert summary["received"] == {"traces": 5, "spans": 45, "errors": 4}


def test_what_is_kept_is_bounded_in_bytes() -> None:
    store = Store(Limits(megabytes=1))
    with TestClient(create_app(store), base_url="http://localhost") as client:
        for _ in range(150):
            recorder = Recorder()
            recorder.span("large", 0, 1, attributes={f"k{n}": "x" * 10_000 for n in range(2)})
            client.post("/v1/traces", content=recorder.request().SerializeToString(), headers=PROTOBUF)
        summary = client.get("/inspector/api/summary").json()
    assert 0 < summary["kept"]["bytes"] <= 1024 * 1024
    assert summary["kept"]["traces"] + summary["evicted"]["traces"] == 150


def test_clearing_forgets_everything_but_moves_the_revision_on(client: TestClient) -> None:
    send_trace(client)
    before = client.get("/inspector/api/summary").json()
    assert before["redactions"]["memory-text"] == 1
    assert client.delete("/inspector/api/all").status_code == 204
    after = client.get("/inspector/api/summary").json()
    assert after["revision"] > before["revision"]
    assert (after["received"], after["redactions"], after["kept"]["bytes"]) == ({}, {}, 0)
    assert client.get("/inspector/api/traces/" + "1" * 32).status_code == 404


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8421", "localhost:1", "[::1]:8421", "127.8.9.1", "LOCALHOST"]
)
def test_loopback_hosts_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).text == "ok"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "x@127.0.0.1",
        "127.0.0.1:x",
        "",
        "[::1",
        "0.0.0.0",
        "127.0.0.1/",
    ],
)
@pytest.mark.parametrize("path", ["/", "/healthz", "/inspector/api/traces", "/static/main.js"])
def test_a_rebound_name_is_refused(client: TestClient, host: str, path: str) -> None:
    assert client.get(path, headers={"host": host}).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1:3000",
        "https://127.0.0.1:8421",
        "http://localhost:8421",
    ],
)
def test_other_pages_can_neither_post_nor_delete(client: TestClient, origin: str) -> None:
    body = error_envelope("1" * 32, "2" * 16)
    assert client.post("/api/1/envelope/", content=body, headers={"origin": origin}).status_code == 403
    assert client.delete("/inspector/api/all", headers={"origin": origin}).status_code == 403
    assert client.get("/inspector/api/errors").json() == []


def test_the_page_itself_may_delete(client: TestClient) -> None:
    assert client.delete("/inspector/api/all", headers={"origin": "http://127.0.0.1:8421"}).status_code == 204


def test_a_remote_name_is_answered_only_when_allowed_and_a_foreign_origin_never() -> None:
    with TestClient(create_app(allow_remote=True), base_url="http://box.lan:8421") as client:
        assert client.get("/healthz").status_code == 200
        assert (
            client.post("/api/1/envelope/", content=b"{}", headers={"origin": "http://a.lan"}).status_code
            == 403
        )


@pytest.mark.parametrize("path", ["/", "/static/main.js", "/inspector/api/summary", "/nowhere"])
def test_every_answer_forbids_what_the_page_does_not_need(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert not [name for name in headers if name.startswith("access-control-")]


def test_an_sdk_envelope_without_events_is_taken(client: TestClient) -> None:
    assert client.post("/api/1/envelope/", content=Envelope().serialize()).json() == {}
