"""Streams, clients that go away and tasks that are cancelled: no noise, no false alarm, and nothing lost."""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING

from opentelemetry.proto.trace.v1.trace_pb2 import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from programs import Server

    from telemetry.testing.sink import Sink

SETTINGS = {"SENTRY_TRACES_SAMPLE_RATE": "1"}


def listen(server: Server, path: str) -> socket.socket:
    """A client that has read the beginning of a stream."""
    client = socket.create_connection(("127.0.0.1", server.port), 10)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    received = b""
    while b"data: 3" not in received:
        received += client.recv(4096)
    return client


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_a_client_that_goes_away_is_nobodys_error(start: Callable[..., Server], sink: Sink) -> None:
    server = start("streaming:app", settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
    for _ in range(5):
        listen(server, "/events").close()
    until(lambda: server.call("/seen").json()["ended"] == 5)
    server.end()
    assert sink.errors() == []
    assert [span.name for span in sink.servers()].count("GET /events") == 5
    assert "Failed to detach context" not in server.log
    assert "Traceback" not in server.log


def test_a_stream_that_runs_while_the_server_ends_is_delivered(
    start: Callable[..., Server], sink: Sink
) -> None:
    server = start(
        "streaming:app",
        settings=SETTINGS | {"SENTRY_DSN": sink.dsn()},
        options=("--timeout-graceful-shutdown", "1"),
    )
    client = listen(server, "/events")
    server.end(signal.SIGTERM)
    client.close()
    assert [event for event in sink.errors() if "exception" in event] == []  # uvicorn logs that it cut it off
    assert {span.name for span in sink.spans()} >= {"streaming.event"}
    assert "Failed to detach context" not in server.log


def test_a_stream_that_is_read_to_its_end_is_one_trace(start: Callable[..., Server], sink: Sink) -> None:
    server = start("streaming:app", settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
    traces = [server.trace("/lines"), server.trace("/events?last=3")]
    server.end()
    for trace_id, inner in zip(traces, ("streaming.line", "streaming.event"), strict=True):
        names = [span.name for span in sink.traces()[trace_id]]
        assert names.count(inner) == 3
        assert len(names) == 4
    assert "Failed to detach context" not in server.log


def test_an_error_in_the_middle_of_a_stream_is_one_error(start: Callable[..., Server], sink: Sink) -> None:
    server = start("streaming:app", settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
    with socket.create_connection(("127.0.0.1", server.port), 10) as client:
        client.sendall(b"GET /breaks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while client.recv(4096):
            pass
    server.end()
    (error,) = sink.errors()
    assert error["exception"]["values"][-1]["type"] == "LookupError"
    assert error["contexts"]["trace"]["trace_id"] in {span.trace_id for span in sink.servers()}


def test_a_cancelled_task_is_no_error_and_a_timeout_is_one(start: Callable[..., Server], sink: Sink) -> None:
    server = start("streaming:app", settings=SETTINGS | {"SENTRY_DSN": sink.dsn()})
    assert server.call("/cancels").json() == "cancelled"
    assert server.call("/late").status == 500
    server.end()
    (error,) = sink.errors()
    assert error["exception"]["values"][-1]["type"] == "TimeoutError"
    (cancelled,) = [span for span in sink.spans() if span.name == "streaming.cancelled"]
    assert cancelled.status != Status.STATUS_CODE_ERROR
