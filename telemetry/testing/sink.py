"""A loopback backend: records every byte that a program sends, and answers as a script tells it to."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from telemetry.inspector.decode import RefusedBodyError, decode
from telemetry.testing.signals import envelope_items, otlp_logs, otlp_metrics, otlp_spans

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from telemetry.testing.signals import Item, Log, Metric, Span


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
    unreadable: str = ""
    """Why ``body`` is still encoded, and can't be searched; empty when it is not."""

    @property
    def taken(self) -> bool:
        """Whether the sender was told that its data arrived."""
        return 200 <= self.status < 300

    @property
    def route(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]

    @property
    def is_json(self) -> bool:
        """Whether the body is said to be JSON."""
        kinds = [value for name, value in self.headers.items() if name.lower() == "content-type"]
        return any(kind.partition(";")[0].strip().lower() == "application/json" for kind in kinds)


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
            disable_nagle_algorithm = True  # it costs 40 ms an answer, on loopback too

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
            if request.route.rstrip("/").endswith("/envelope") and (request.taken or not taken)
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
        return self._read("/v1/traces", otlp_spans)

    def logs(self) -> list[Log]:
        """OTLP log records that were taken."""
        return self._read("/v1/logs", otlp_logs)

    def metrics(self) -> list[Metric]:
        """OTLP metrics that were taken, each as often as it was sent."""
        return self._read("/v1/metrics", otlp_metrics)

    def _read(self, path: str, read: Any) -> list[Any]:
        return [
            item
            for request in self.requests
            if request.taken and request.route.rstrip("/").endswith(path)
            for item in read(request.body, as_json=request.is_json)
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
        raw = _read(handler)
        unreadable = ""
        try:
            body = decode(raw, handler.headers.get("Content-Encoding"))
            answer = self._next_answer(handler.path, len(body))
        except RefusedBodyError as refused:
            # Kept as it came: who asks whether it is clean is told that nobody can know.
            body, unreadable, answer = raw, refused.sentence, Answer(refused.status)
        if answer.delay:
            time.sleep(answer.delay)
        status = 0 if answer.reset else answer.status
        with self._changed:
            self._received.append(
                Received(handler.path, _headers(handler), raw, body, status, time.time(), unreadable)
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


def _headers(handler: BaseHTTPRequestHandler) -> dict[str, str]:
    """All headers; the values of one that was sent twice stand one after the other."""
    found: dict[str, str] = {}
    for name, value in handler.headers.items():
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _read(handler: BaseHTTPRequestHandler) -> bytes:
    if "chunked" not in handler.headers.get("Transfer-Encoding", "").lower():
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    parts = []
    while size := int(handler.rfile.readline().partition(b";")[0], 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    while handler.rfile.readline().strip():
        """Trailers."""
    return b"".join(parts)


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
