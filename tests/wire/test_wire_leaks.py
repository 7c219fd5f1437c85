"""What a person said, a secret or a tenant's name is in no byte that leaves, whatever the application does."""

from __future__ import annotations

import http.client
import json
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from oracle import assert_nothing_to_add
from programs import APPS, Server

from telemetry.privacy.shapes import SHAPE
from telemetry.testing import leaks
from telemetry.testing.sink import Answer, Received, Sink

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(APPS))
from planted import CODE, EVERYWHERE, SENT, TENANT

pytestmark = pytest.mark.xdist_group("wire-hostile")


def headers() -> dict[str, str]:
    trace = "-".join(("00", "5" * 32, "6" * 16, "01"))
    return {
        "Authorization": f"Bearer {SENT['authorization header']}",
        "Cookie": f"session={SENT['cookie']}",
        "X-Api-Key": SENT["api key header"],
        "User-Agent": SENT["user agent"],
        "X-Forwarded-For": SENT["forwarded for"],
        "Referer": f"https://example.org/{SENT['referer']}",
        "X-Own": SENT["own header"],
        "X-Tenant-Id": TENANT,
        "Traceparent": trace,
        "Tracestate": f"vendor={SENT['tracestate']}",
        "Baggage": f"who={SENT['baggage']},sentry-transaction={SENT['sentry baggage']},"
        f"sentry-environment={SENT['sentry baggage environment']},sentry-release=x@{SENT['sentry baggage']}",
    }


def drive(server: Server) -> dict[str, int]:
    """Every request that plants something; returns what each was answered with."""
    query = urlencode({"q": SENT["query value"], SENT["query key"]: "1"})
    body = json.dumps({"said": SENT["json body"], SENT["json key"]: [SENT["json body"]]})
    thing = SENT["path parameter"]
    json_type = {"Content-Type": "application/json"}
    calls: dict[str, tuple[str, str, dict[str, str], str | None]] = {
        "spans": ("POST", f"/spans/{thing}?{query}", json_type, body),
        "sql": ("GET", f"/sql/{thing}?{query}", {}, None),
        "insert": ("GET", "/insert", {}, None),
        "redis": ("GET", "/redis", {}, None),
        "fail": ("GET", f"/fail/{thing}?{query}", {}, None),
        "group": ("GET", "/group", {}, None),
        "http exception": ("GET", "/http-exception", {}, None),
        "form": ("POST", "/form", {}, urlencode({"said": SENT["form body"]})),
        "logs": ("GET", "/logs", {}, None),
        "sentry": ("GET", "/sentry", {}, None),
        "thread": ("GET", "/thread", {}, None),
        "task": ("GET", "/task", {}, None),
        "background": ("GET", "/background", {}, None),
        "talk": ("GET", "/talk", {}, None),
        "missing": ("GET", f"/{quote(SENT['missing path'])}/{SENT['missing path']}", {}, None),
        "invalid": ("GET", f"/validated?number={SENT['invalid value']}", {}, None),
        "invalid json": ("POST", "/spans/1", json_type, '{"x": ' + SENT["invalid json"]),
        "method": (SENT["unknown method"], "/healthz", {}, None),
    }
    answered = {}
    for name, (method, path, more, sent) in calls.items():
        try:
            reply = server.call(path, method=method, headers=headers() | more, body=sent)
        except http.client.HTTPException:
            answered[name] = 0
        else:
            answered[name] = reply.status
    return answered


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory, redis_port: int
) -> Iterator[tuple[Sink, dict[str, int], list[Received]]]:
    """A hostile application, driven and ended; everything that arrived until then."""
    home = tmp_path_factory.mktemp("hostile")
    settings = {
        "SENTRY_TRACES_SAMPLE_RATE": "1",
        "FOREIGN_DATABASE": str(home / "items.db"),
        "FOREIGN_REDIS": str(redis_port),
        # Operators may ask for headers; their values are nobody's business all the same.
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST": ".*",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE": ".*",
    }
    with (
        Sink() as sink,
        Server("hostile:app", home=home, settings=settings | {"SENTRY_DSN": sink.dsn()}) as server,
    ):
        answered = drive(server)
        server.end()
        yield sink, answered, sink.requests
        assert_nothing_to_add(sink)


def test_every_place_was_reached(run: tuple[Sink, dict[str, int], list[Received]]) -> None:
    sink, answered, _ = run
    assert answered == {
        "spans": 200,
        "sql": 200,
        "insert": 500,
        "redis": 500,
        "fail": 500,
        "group": 500,
        "http exception": 500,
        "form": 500,
        "logs": 200,
        "sentry": 500,
        "thread": 200,
        "task": 200,
        "background": 200,
        "talk": 200,
        "missing": 404,
        "invalid": 422,
        "invalid json": 422,
        "method": 405,
    }
    routes = {span.attributes.get("http.route") for span in sink.servers()}
    assert {"/spans/{thing}", "/sql/{thing}", "/fail/{thing}", "/rooms/{room}", "/talk"} <= routes
    types = [event["exception"]["values"][-1]["type"] for event in sink.errors() if "exception" in event]
    assert {"Rude", "IntegrityError", "ResponseError", "ExceptionGroup", "LookupError"} <= set(types)


@pytest.mark.parametrize("place", sorted(EVERYWHERE))
def test_what_was_planted_is_nowhere(run: tuple[Sink, dict[str, int], list[Received]], place: str) -> None:
    assert not leaks.seen(EVERYWHERE[place], run[2])


def test_addresses_of_clients_are_nowhere(run: tuple[Sink, dict[str, int], list[Received]]) -> None:
    for address in ("203.0.113.77", "203.0.113.78"):
        assert not leaks.find(address, run[2])


def test_only_errors_and_spans_arrive(run: tuple[Sink, dict[str, int], list[Received]]) -> None:
    sink = run[0]
    assert {item.headers["type"] for item in sink.items(taken=False)} == {"event"}
    assert {request.path for request in run[2]} == {
        "/api/7/envelope/",
        "/api/7/integration/otlp/v1/traces/",
    }


def test_no_source_line_and_no_value_of_a_local_variable_arrives(
    run: tuple[Sink, dict[str, int], list[Received]],
) -> None:
    frames = [
        frame
        for event in run[0].errors()
        for exception in event.get("exception", {}).get("values", [])
        for frame in exception.get("stacktrace", {}).get("frames", [])
    ]
    assert frames
    assert {key for frame in frames for key in frame} <= {
        "filename",
        "function",
        "module",
        "lineno",
        "in_app",
        "vars",
    }
    shapes = [shown for frame in frames for shown in frame.get("vars", {}).values()]
    assert shapes
    assert not [shown for shown in shapes if not (SHAPE.fullmatch(shown) or shown.startswith("[redacted:"))]


def test_every_error_carries_the_tenant_by_its_pseudonym_only(
    run: tuple[Sink, dict[str, int], list[Received]],
) -> None:
    sink = run[0]
    inside = [event for event in sink.errors() if event.get("transaction")]
    assert inside
    assert len({event.get("user", {}).get("id") for event in inside}) == 1


def test_the_finder_finds_every_form(sink: Sink) -> None:
    canary = "Zoë's CANARY & more"
    expected = {"raw", "url-encoded", "json-escaped", "unicode-escaped", "hex", "case-folded"}
    found = set()
    for name, written in leaks.forms(canary).items():
        for form in written:
            request = _received(f"before {form} after".encode())
            assert leaks.find(canary, [request]), name
            found.update(hit.form for hit in leaks.find(canary, [request]))
    found.update(hit.form for hit in leaks.find(canary, [_received(canary.upper().encode())]))
    assert expected <= found


@pytest.mark.parametrize("shift", [0, 1, 2, 3, 4])
def test_the_finder_finds_base64_at_any_offset(shift: int) -> None:
    import base64

    canary = "CANARY-ghjkmnpq"
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        hidden = encode(b"?" * shift + canary.encode() + b"~tail")
        assert [hit.form for hit in leaks.find(canary, [_received(b'{"x":"' + hidden + b'"}')])]


def test_the_finder_finds_pieces_headers_paths_and_words() -> None:
    assert leaks.find("CANARY-ghjkmnpqrs", [_received(b"...jkmnpqrs...")])
    assert leaks.find("she said no", [_received(b"She_Said_NO")])
    assert leaks.find("CANARY-ghjk", [_received(b"", path="/x/CANARY-ghjk")])
    assert leaks.find("CANARY-ghjk", [_received(b"", headers={"X": "canary-GHJK"})])
    assert not leaks.find("CANARY-ghjkmnpqrs", [_received(b"CANARY-zzzz ghjkmnp")])


def _received(body: bytes, path: str = "/", headers: dict[str, str] | None = None) -> Received:
    return Received(path, headers or {}, body, body, Answer().status, 0.0)


def test_there_are_enough_canaries() -> None:
    assert len(EVERYWHERE) == len(set(EVERYWHERE.values()))
    assert len(CODE) + len(SENT) > 90
