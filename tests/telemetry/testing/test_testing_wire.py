"""The backend of a test takes what real senders send, and answers as it was told."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import urllib.error
import urllib.request
import zlib

import brotli
import pytest
import zstandard

from telemetry.testing import Answer, Wire

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
OTLP = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scopeSpans": [{"spans": [{"traceId": TRACE, "spanId": SPAN, "name": "GET /", "kind": 2}]}],
        }
    ]
}


def envelope(event):
    return b'{}\n{"type":"event"}\n' + json.dumps(event).encode()


@pytest.fixture
def wire():
    with Wire() as wire:
        yield wire


def send(wire, path, body, **headers):
    request = urllib.request.Request(
        wire.otlp_endpoint + path, body, {name.replace("_", "-"): value for name, value in headers.items()}
    )
    with urllib.request.urlopen(request) as answer:
        return answer.status


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
    ],
)
def test_bodies_are_decoded(wire, encoding, encode):
    send(wire, "/api/7/envelope/", encode(envelope({"level": "error"})), Content_Encoding=encoding)
    assert wire.errors() == [{"level": "error"}]
    wire.canaries.remember("the level", '"error"')
    with pytest.raises(AssertionError, match=r"the level: raw in the body of /api/7/envelope/ at"):
        wire.assert_clean()


def test_a_body_in_chunks_is_searched(wire):
    connection = http.client.HTTPConnection("127.0.0.1", wire.sink.port)
    connection.request("POST", "/logs", iter([b"in two ", b"pieces"]), encode_chunked=True)
    assert connection.getresponse().read() == b"{}"
    connection.close()
    assert [request.body for request in wire.requests] == [b"in two pieces"]


def test_spans_are_read_from_json_also_below_a_dsn(wire):
    for path in ("/v1/traces", "/api/7/integration/otlp/v1/traces/?x=1"):
        send(wire, path, json.dumps(OTLP).encode(), Content_Type="application/json; charset=utf-8")
    one, other = wire.traces()[TRACE]
    assert one == other
    assert (one.name, one.kind, one.resource) == ("GET /", "SERVER", {"service.name": "shop"})


def test_an_error_is_linked_as_soon_as_its_span_is_there(wire):
    error = {"contexts": {"trace": {"trace_id": TRACE, "span_id": SPAN}}}
    with pytest.raises(AssertionError, match=f"Trace {TRACE} of the error didn't arrive within 0 seconds"):
        wire.assert_linked(error, timeout=0)
    send(wire, "/v1/traces", json.dumps(OTLP).encode(), Content_Type="application/json")
    wire.assert_linked(error)
    error["contexts"]["trace"]["span_id"] = "1" * 16
    with pytest.raises(AssertionError, match=r"1 spans arrived, and the error's span 1+ is none of them"):
        wire.assert_linked(error, timeout=0)


def test_an_outage_is_scripted_and_what_was_refused_is_searched_all_the_same(wire):
    wire.script("/envelope/", Answer(503, {"Retry-After": "1"}))
    with pytest.raises(urllib.error.HTTPError) as refused:
        send(wire, "/api/7/envelope/", envelope({"level": "fatal"}))
    refused.value.close()
    assert refused.value.headers["Retry-After"] == "1"
    assert not wire.errors()
    with pytest.raises(AssertionError, match="text 1: raw in the body"):
        wire.assert_clean("fatal")
    assert send(wire, "/api/7/envelope/", envelope({"level": "fatal"})) == 200
    assert wire.wait_for(lambda wire: wire.errors()) == [{"level": "fatal"}]
    assert not wire.wait_for(lambda wire: wire.spans(), timeout=0)


def test_a_subprocess_gets_the_environment_without_the_settings_of_the_suite(wire, monkeypatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("SHOP", "open")
    environ = wire.environ(SENTRY_DSN=None, OTEL_EXPORTER_OTLP_ENDPOINT=wire.otlp_endpoint)
    assert environ["PATH"] == os.environ["PATH"]
    assert environ["SHOP"] == "open"
    assert not {"OTEL_SDK_DISABLED", "SENTRY_DSN"} & set(environ)
    assert wire.environ()["SENTRY_DSN"] == wire.dsn


def test_what_arrived_stays_readable_after_the_end(wire):
    send(wire, "/x", b"y")
    wire.close()
    assert [request.path for request in wire.requests] == ["/x"]


def test_a_failure_shows_twenty_places_and_counts_the_rest(wire):
    for number in range(25):
        send(wire, f"/{number}", b"a text that was said")
    with pytest.raises(AssertionError, match=r"… 5 more$"):
        wire.assert_clean("a text that was said")
