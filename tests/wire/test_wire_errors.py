"""Every error arrives, once, linked to its trace; what is no error of the application does not."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Running
    from programs import Server

pytestmark = pytest.mark.xdist_group("wire-foreign")


@pytest.mark.parametrize("path", ["/broken/5", "/broken-async/5"])
def test_an_error_arrives_once_and_is_linked_to_the_server_span(foreign: Running, path: str) -> None:
    trace_id = foreign.server.trace(path)
    (event,) = foreign.sink.errors_of(trace_id)
    (server,) = [span for span in foreign.sink.whole(trace_id) if span.kind == "SERVER"]
    assert event["contexts"]["trace"]["trace_id"] == server.trace_id
    assert event["contexts"]["trace"]["span_id"] == server.span_id
    assert event["transaction"] == server.name == f"GET {path[:-1]}{{item_id}}"
    assert event["level"] == "error"
    assert event["release"] == "foreign@1.2.3"
    assert event["environment"] == "development"
    assert server.attributes["http.response.status_code"] == 500
    assert server.status == "ERROR"
    _marker(foreign)
    assert len(foreign.sink.errors_of(trace_id)) == 1


def test_an_error_names_the_place_where_it_was_raised(foreign: Running) -> None:
    (event,) = foreign.sink.errors_of(foreign.server.trace("/broken/5"))
    exception = event["exception"]["values"][-1]
    assert exception["type"] == "LookupError"
    assert exception["mechanism"]["handled"] is False
    frame = exception["stacktrace"]["frames"][-1]
    assert (frame["filename"], frame["function"]) == ("foreign.py", "broken")
    assert frame["lineno"] > 10
    assert frame.get("in_app") is not False


def test_the_answer_is_what_it_would_be_without_telemetry(foreign: Running) -> None:
    reply = foreign.server.call("/broken/5")
    assert reply.status == 500
    assert reply.body == b"Internal Server Error"


@pytest.mark.parametrize(
    ("path", "status"), [("/private", 401), ("/nothing/here", 404), ("/validated?number=x", 422)]
)
def test_an_answer_to_a_client_s_mistake_is_no_error(foreign: Running, path: str, status: int) -> None:
    trace_id = foreign.server.trace(path)
    assert foreign.server.call(path).status == status
    _marker(foreign)
    assert not foreign.sink.errors_of(trace_id, timeout=0)


def test_a_client_that_goes_away_is_no_error(foreign: Running) -> None:
    trace_id = "a" * 31 + "1"
    _hang_up(foreign.server, f"GET /slow?seconds=0.5 HTTP/1.1\r\n{_headers(trace_id)}\r\n")
    _hang_up(foreign.server, f"GET /stream HTTP/1.1\r\n{_headers(trace_id)}\r\n")
    time.sleep(0.7)
    _marker(foreign)
    assert not foreign.sink.errors_of(trace_id, timeout=0)


def test_a_client_that_goes_away_while_it_sends_is_no_error(foreign: Running) -> None:
    trace_id = "a" * 31 + "2"
    _hang_up(
        foreign.server, f"POST /upload HTTP/1.1\r\nContent-Length: 1000\r\n{_headers(trace_id)}\r\nnot all"
    )
    _marker(foreign)
    assert not foreign.sink.errors_of(trace_id, timeout=0)


def test_an_error_arrives_with_its_trace_id_though_the_trace_is_not_sampled(unsampled: Running) -> None:
    assert unsampled.server.call("/broken/5").status == 500
    (event,) = unsampled.sink.wait_for(lambda sink: sink.errors())
    trace = event["contexts"]["trace"]
    assert len(trace["trace_id"]) == 32
    assert len(trace["span_id"]) == 16
    assert int(trace["trace_id"], 16)
    assert event["transaction"] == "GET /broken/{item_id}"


def test_an_error_in_a_trace_that_the_caller_did_not_sample_has_the_caller_s_trace_id(
    unsampled: Running,
) -> None:
    trace_id = unsampled.server.trace("/broken/5", sampled=False)
    (event,) = unsampled.sink.errors_of(trace_id)
    assert event["exception"]["values"][-1]["type"] == "LookupError"
    assert not unsampled.sink.traces().get(trace_id)


def _marker(running: Running) -> None:
    """Wait until an error that is raised now has arrived: those before it have, too."""
    assert running.sink.errors_of(running.server.trace("/broken-async/1"))


def _headers(trace_id: str) -> str:
    return f"Host: 127.0.0.1\r\ntraceparent: 00-{trace_id}-{'b' * 16}-01\r\n"


def _hang_up(server: Server, request: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        connection.sendall(request.encode())
        time.sleep(0.1)
