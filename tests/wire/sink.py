"""A loopback backend: records every byte that a program sends, and answers as a script tells it to."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import brotli
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "deflate": zlib.decompress,
    "zstd": lambda raw: zstandard.ZstdDecompressor().decompressobj().decompress(raw),
}
KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
STATUSES = ("UNSET", "OK", "ERROR")


@dataclass(frozen=True)
class Answer:
    """What the sink does with one request."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds until the answer."""
    reset: bool = False
    """Cut the connection instead of answering."""
    largest: int | None = None
    """Answer 413 to bodies with more bytes than this, after decompression."""


@dataclass(frozen=True)
class Received:
    """One request; ``status`` is what it was answered with, 0 for a reset connection."""

    path: str
    headers: dict[str, str]
    raw: bytes
    body: bytes
    status: int
    at: float

    @property
    def taken(self) -> bool:
        """Whether the sender was told that its data arrived."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Item:
    """One item of an envelope, with the envelope's own headers."""

    envelope: dict[str, Any]
    headers: dict[str, Any]
    payload: Any


@dataclass(frozen=True)
class Span:
    """One span of an OTLP body, in plain values; ids are hex, ``parent_id`` of a root is empty."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    trace_state: str
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    links: list[tuple[str, str, dict[str, Any]]]
    status: str
    status_message: str
    start: int
    end: int
    scope: str
    resource: dict[str, Any]


class Sink:
    """The backend. Everything that was received stays readable after ``close``."""

    def __init__(self, port: int = 0) -> None:
        self._received: list[Received] = []
        self._changed = threading.Condition()
        self._scripts: dict[str, list[Answer]] = defaultdict(list)
        self._always: dict[str, Answer] = {}
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                sink._serve(self)

            do_POST = do_GET = do_PUT = handle_any  # noqa: N815  # the names that http.server calls

            def log_message(self, *_arguments: object) -> None:
                """Stay quiet."""

        self._server = _Server(("127.0.0.1", port), Handler)
        self.port: int = self._server.server_address[1]
        # A short poll, so that closing is quick.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what it is told ---

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def dsn(self, project: int = 7) -> str:
        """A DSN that leads here."""
        return f"http://abc123@127.0.0.1:{self.port}/{project}"

    def script(self, part_of_path: str, *answers: Answer) -> None:
        """Answer the next requests whose path holds a text in this way, one after the other; then 200."""
        self._scripts[part_of_path].extend(answers)

    def always(self, part_of_path: str, answer: Answer) -> None:
        """Answer all requests whose path holds a text in this way."""
        self._always[part_of_path] = answer

    def close(self) -> None:
        """Stop listening and cut every connection; a second call does nothing."""
        self._server.shutdown()
        self._server.server_close()
        self._server.cut()
        self._thread.join(5)

    # --- what it got ---

    @property
    def requests(self) -> list[Received]:
        """Everything received so far."""
        with self._changed:
            return list(self._received)

    def items(self, *, taken: bool = True) -> list[Item]:
        """Items of all envelopes; those that were answered with 2xx only, unless asked otherwise."""
        return [
            item
            for request in self.requests
            if request.path.endswith("/envelope/") and (request.taken or not taken)
            for item in envelope_items(request.body)
        ]

    def errors(self) -> list[dict[str, Any]]:
        """Error events that were taken."""
        return [item.payload for item in self.items() if item.headers.get("type") == "event"]

    def transactions(self) -> list[dict[str, Any]]:
        """Transactions that were taken."""
        return [item.payload for item in self.items() if item.headers.get("type") == "transaction"]

    def spans(self) -> list[Span]:
        """OTLP spans that were taken."""
        return [
            span
            for request in self.requests
            if request.taken and request.path.rstrip("/").endswith("/v1/traces")
            for span in otlp_spans(request.body)
        ]

    def traces(self) -> dict[str, list[Span]]:
        """OTLP spans by trace id."""
        found: dict[str, list[Span]] = defaultdict(list)
        for span in self.spans():
            found[span.trace_id].append(span)
        return dict(found)

    def servers(self) -> list[Span]:
        """SERVER spans that were taken."""
        return [span for span in self.spans() if span.kind == "SERVER"]

    def whole(self, trace_id: str, timeout: float = 10.0) -> list[Span]:
        """The spans of a trace, as soon as its server span is there."""
        self.wait_for(
            lambda sink: any(span.kind == "SERVER" for span in sink.traces().get(trace_id, ())), timeout
        )
        return self.traces().get(trace_id, [])

    def errors_of(self, trace_id: str, timeout: float = 10.0) -> list[dict[str, Any]]:
        """The error events of a trace, as soon as there is one."""

        def of_trace(sink: Sink) -> list[dict[str, Any]]:
            return [
                event
                for event in sink.errors()
                if event.get("contexts", {}).get("trace", {}).get("trace_id") == trace_id
            ]

        found: list[dict[str, Any]] = self.wait_for(of_trace, timeout)
        return found

    def wait_for(self, predicate: Callable[[Sink], Any], timeout: float = 10.0) -> Any:
        """Wait until ``predicate(sink)`` is truthy; returns its last value, truthy or not."""
        deadline = time.monotonic() + timeout
        with self._changed:
            # The condition's lock is re-entrant, so predicates may read what was received.
            while not (value := predicate(self)) and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
        return value

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        encoding = handler.headers.get("Content-Encoding", "")
        body = DECODERS.get(encoding, bytes)(raw)
        answer = self._next_answer(handler.path, len(body))
        if answer.delay:
            time.sleep(answer.delay)
        status = 0 if answer.reset else answer.status
        with self._changed:
            self._received.append(
                Received(handler.path, dict(handler.headers.items()), raw, body, status, time.time())
            )
            self._changed.notify_all()
        if answer.reset:
            # Lingering for 0 seconds makes the close a reset.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
            return
        handler.send_response(status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    def _next_answer(self, path: str, size: int) -> Answer:
        chosen = Answer()
        with self._changed:
            for part, answers in self._scripts.items():
                if part in path and answers:
                    chosen = answers.pop(0)
                    break
            else:
                chosen = next((answer for part, answer in self._always.items() if part in path), chosen)
        if chosen.largest is not None:
            return Answer(413 if size > chosen.largest else 200)
        return chosen


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    block_on_close = False

    def __init__(self, *arguments: Any) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that goes away is no error of the sink's."""

    def cut(self) -> None:
        """Cut the connections that are kept open."""
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class SilentSink:
    """Accepts connections and never answers."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._accepted: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def dsn(self) -> str:
        """A DSN that leads here."""
        return f"http://abc123@127.0.0.1:{self.port}/7"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._accepted.append(connection)

    def close(self) -> None:
        """Stop listening and cut every connection."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for connection in self._accepted:
            connection.close()


@lru_cache(maxsize=4096)
def envelope_items(body: bytes) -> list[Item]:
    """The items of a Sentry envelope; payloads that are JSON are parsed."""
    head, _, rest = body.partition(b"\n")
    envelope = json.loads(head)
    found = []
    while rest.strip():
        line, _, rest = rest.partition(b"\n")
        headers = json.loads(line)
        length = headers.get("length")
        payload = rest[:length] if length is not None else rest.partition(b"\n")[0]
        rest = rest[len(payload) :].removeprefix(b"\n")
        try:
            found.append(Item(envelope, headers, json.loads(payload)))
        except ValueError:
            found.append(Item(envelope, headers, payload))
    return found


@lru_cache(maxsize=4096)
def otlp_spans(body: bytes) -> tuple[Span, ...]:
    """The spans of an ``ExportTraceServiceRequest``."""
    return tuple(_spans(body))


def _spans(body: bytes) -> Iterator[Span]:
    for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield Span(
                    name=span.name,
                    kind=KINDS[span.kind],
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    trace_state=span.trace_state,
                    attributes=_attributes(span.attributes),
                    events=[(event.name, _attributes(event.attributes)) for event in span.events],
                    links=[
                        (link.trace_id.hex(), link.span_id.hex(), _attributes(link.attributes))
                        for link in span.links
                    ],
                    status=STATUSES[span.status.code],
                    status_message=span.status.message,
                    start=span.start_time_unix_nano,
                    end=span.end_time_unix_nano,
                    scope=scope_spans.scope.name,
                    resource=resource,
                )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    return getattr(value, kind) if kind else None
