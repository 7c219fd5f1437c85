"""OTLP over gRPC against a real server, and against peers that are none."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import textwrap
import threading
import time
from concurrent import futures

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from telemetry.delivery.exchange import Answer, Limit
from telemetry.delivery.exchange_grpc import GrpcConnection, GrpcUnavailableError
from telemetry.delivery.grpc_status import _pause, _rejected, meaning
from telemetry.delivery.parcel import Parcel

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
SECRET = "hunter2-never-said"
CODES = {
    Answer.LATER: {"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"},
    Answer.DENIED: {"UNAUTHENTICATED", "PERMISSION_DENIED"},
    Answer.REFUSED: {
        "UNKNOWN", "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "UNIMPLEMENTED",
        "INTERNAL", "RESOURCE_EXHAUSTED",
    },
}  # fmt: skip


class Collector(grpc.GenericRpcHandler):
    """Takes what is exported; ``respond`` is called with the request and the call's context."""

    def __init__(self, respond=None, port=0, credentials=None, options=()):
        self.respond = respond or (lambda request, context: ExportTraceServiceResponse())
        self.names, self.metadata, self.peers = [], [], []
        pool = futures.ThreadPoolExecutor(4)
        self.server = grpc.server(pool, handlers=[self], options=[("grpc.so_reuseport", 0), *options])
        address = f"127.0.0.1:{port}"
        if credentials is None:
            self.port = self.server.add_insecure_port(address)
        else:
            self.port = self.server.add_secure_port(address, credentials)
        self.server.start()

    def service(self, details):
        if details.method != EXPORT:
            return None
        return grpc.unary_unary_rpc_method_handler(
            self._export,
            ExportTraceServiceRequest.FromString,
            lambda answer: answer if isinstance(answer, bytes) else answer.SerializeToString(),
        )

    def _export(self, request, context):
        spans = request.resource_spans[0].scope_spans[0].spans
        self.names += [span.name for span in spans]
        self.metadata.append(dict(context.invocation_metadata()))
        self.peers.append(context.peer())
        return self.respond(request, context)

    def close(self):
        self.server.stop(None).wait(5)


class Relay:
    """Passes bytes on to a port, and counts those of the client."""

    def __init__(self, port):
        self.bytes = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._to = port
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            self._sockets += [client, server]
            for source, sink, counts in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass_on, args=(source, sink, counts), daemon=True).start()

    def _pass_on(self, source, sink, counts):
        try:
            while data := source.recv(65536):
                self.bytes += len(data) if counts else 0
                sink.sendall(data)
        except OSError:
            pass

    def cut(self):
        for each in self._sockets:
            each.close() if each.fileno() < 0 else each.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listener.close()
        for each in self._sockets:
            each.close()


@pytest.fixture
def opened():
    """Things to close at the end."""
    things = []

    def keep(thing):
        things.append(thing)
        return thing

    yield keep
    for thing in reversed(things):
        thing.close()


def parcel(*names):
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for name in names or ("recall",):
        spans.add(name=name)
    return Parcel.of("span", len(spans), request.SerializeToString())


def connection(port, *, host="127.0.0.1", secure=False, headers=(), timeout=5.0, compression="gzip", **more):
    return GrpcConnection(
        f"{host}:{port}",
        secure=secure,
        method=EXPORT,
        headers=headers,
        timeout=timeout,
        compression=compression,
        **more,
    )


def test_spans_arrive_with_the_metadata_that_was_asked_for(opened):
    collector = opened(Collector())
    headers = [
        ("Authorization", f"Bearer {SECRET}"),
        ("x-raw-bin", "ab"),
        ("Content-Encoding", "br"),
        ("Content-Type", "br"),
    ]
    reply = opened(connection(collector.port, headers=headers)).post(parcel("a", "b"), time.monotonic() + 5)
    assert (reply.answer, reply.detail, reply.rejected, reply.limits) == (Answer.TAKEN, "gRPC OK", 0, ())
    assert collector.names == ["a", "b"]
    assert collector.metadata[0]["authorization"] == f"Bearer {SECRET}"
    assert collector.metadata[0]["x-raw-bin"] == b"ab"
    assert "br" not in collector.metadata[0].values()


@pytest.mark.parametrize(("compression", "fewest", "most"), [("gzip", 0, 5_000), ("none", 100_000, 10**6)])
def test_the_request_is_compressed_when_that_is_asked_for(opened, compression, fewest, most):
    collector = opened(Collector())
    relay = opened(Relay(collector.port))
    posted = opened(connection(relay.port, compression=compression)).post(parcel("x" * 100_000), None)
    assert posted.answer is Answer.TAKEN
    assert collector.names == ["x" * 100_000]
    assert fewest <= relay.bytes <= most


def test_posts_share_one_connection(opened):
    collector = opened(Collector())
    client = opened(connection(collector.port))
    assert [client.post(parcel(), None).answer for _ in range(3)] == [Answer.TAKEN] * 3
    assert len(set(collector.peers)) == 1


@pytest.mark.parametrize(("answer", "code"), [(a, c) for a, codes in CODES.items() for c in sorted(codes)])
def test_each_status_code_means_what_the_otlp_specification_says(opened, answer, code):
    def respond(request, context):
        context.abort(grpc.StatusCode[code], f"because of {SECRET}")

    collector = opened(Collector(respond))
    reply = opened(connection(collector.port)).post(parcel(), None)
    assert (reply.answer, reply.detail, reply.limits) == (answer, f"gRPC {code}", ())


def test_every_status_code_is_known():
    assert set().union(*CODES.values(), {"OK"}) == {code.name for code in grpc.StatusCode}


def retry_info(seconds, nanos=0):
    """A google.rpc.Status with a detail of another kind, then a RetryInfo, as bytes."""
    from google.protobuf.any_pb2 import Any
    from google.protobuf.duration_pb2 import Duration

    def nested(number, body):
        return bytes([number << 3 | 2, len(body)]) + body

    duration = Duration(seconds=seconds, nanos=nanos).SerializeToString()
    details = [
        Any(type_url="type.googleapis.com/google.rpc.DebugInfo", value=b"\x0a\x01x"),
        Any(type_url="type.googleapis.com/google.rpc.RetryInfo", value=nested(1, duration)),
    ]
    return b"\x08\x08" + nested(2, b"slow down") + b"".join(nested(3, d.SerializeToString()) for d in details)


@pytest.mark.parametrize(
    ("code", "status", "answer", "limits"),
    [
        ("RESOURCE_EXHAUSTED", retry_info(7, 500_000_000), Answer.LATER, (Limit(7.5),)),
        ("RESOURCE_EXHAUSTED", retry_info(0), Answer.LATER, ()),
        ("RESOURCE_EXHAUSTED", b"\xff\xff", Answer.REFUSED, ()),
        ("UNAVAILABLE", retry_info(3), Answer.LATER, (Limit(3.0),)),
        ("INVALID_ARGUMENT", retry_info(3), Answer.REFUSED, ()),
    ],
)
def test_retry_info_says_whether_and_when_to_come_back(opened, code, status, answer, limits):
    def respond(request, context):
        context.set_trailing_metadata((("grpc-status-details-bin", status),))
        context.abort(grpc.StatusCode[code], "busy")

    reply = opened(connection(opened(Collector(respond)).port)).post(parcel(), None)
    assert (reply.answer, reply.limits) == (answer, limits)


def test_a_pause_is_never_longer_than_a_day_nor_negative():
    assert _pause(retry_info(10**10)) == 86_400.0
    assert _pause(retry_info(-5)) == 0.0
    assert _pause(b"") is None


def test_googles_own_classes_agree_about_retry_info():
    status_pb2 = pytest.importorskip("google.rpc.status_pb2", reason="googleapis-common-protos isn't there")
    details_pb2 = pytest.importorskip("google.rpc.error_details_pb2")
    info = details_pb2.RetryInfo()
    info.retry_delay.FromMilliseconds(1500)
    status = status_pb2.Status(code=8, message="slow down")
    status.details.add().Pack(info)
    assert _pause(status.SerializeToString()) == 1.5


def test_a_body_larger_than_the_server_takes_is_too_large(opened):
    collector = opened(Collector(options=[("grpc.max_receive_message_length", 1000)]))
    client = opened(connection(collector.port))
    assert client.post(parcel("x" * 5000), None).answer is Answer.TOO_LARGE
    assert client.post(parcel("small"), None).answer is Answer.TAKEN


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("RESOURCE_EXHAUSTED", "grpc: received message larger than max (5 vs. 4)"),
        ("RESOURCE_EXHAUSTED", "grpc: received message after decompression larger than max 4"),
        ("RESOURCE_EXHAUSTED", "gRPC message exceeds maximum size 4: 5"),
        ("RESOURCE_EXHAUSTED", "Received message exceeds the maximum configured message size."),
        ("OUT_OF_RANGE", "Error, decoded message length too large: found 5 bytes, the limit is: 4 bytes"),
    ],
)
def test_servers_in_other_languages_say_too_large_in_their_own_words(code, words):
    assert meaning(code, words, b"", b"").answer is Answer.TOO_LARGE


def test_items_that_a_server_took_but_rejected_are_told(opened):
    partial = ExportTracePartialSuccess(rejected_spans=3, error_message=SECRET)
    collector = opened(Collector(lambda *_: ExportTraceServiceResponse(partial_success=partial)))
    reply = opened(connection(collector.port)).post(parcel(), None)
    assert (reply.answer, reply.rejected, reply.detail) == (Answer.TAKEN, 3, "gRPC OK, 3 refused")


@pytest.mark.parametrize("answer", [b"\xff\xff\xff", b"\x08\x05", b"\x0a\x02\x0a\x00", b"\x0a\x01\xff"])
def test_an_answer_that_is_no_protobuf_still_means_taken(opened, answer):
    reply = opened(connection(opened(Collector(lambda *_: answer)).port)).post(parcel(), None)
    assert (reply.answer, reply.rejected) == (Answer.TAKEN, 0)


def test_a_negative_count_of_rejected_items_counts_nothing():
    negative = ExportTracePartialSuccess(rejected_spans=-1)
    assert _rejected(ExportTraceServiceResponse(partial_success=negative).SerializeToString()) == 0


def test_an_endless_answer_is_not_read(opened):
    collector = opened(Collector(lambda *_: b"\x0a" * 1_000_000))
    reply = opened(connection(collector.port)).post(parcel(), None)
    assert (reply.answer, reply.detail) == (Answer.TAKEN, "gRPC OK, with an answer too long to read")


# --- peers that don't answer ---


@pytest.mark.parametrize("secure", [False, True])
def test_a_silent_peer_costs_no_more_than_the_deadline(opened, secure):
    silent = opened(socket.create_server(("127.0.0.1", 0)))
    client = opened(connection(silent.getsockname()[1], secure=secure))
    started = time.monotonic()
    reply = client.post(parcel(), started + 0.3)
    assert reply.answer is Answer.LATER
    assert time.monotonic() - started < 2.0


def test_without_a_deadline_the_timeout_ends_a_call(opened):
    collector = opened(Collector(lambda *_: time.sleep(3) or ExportTraceServiceResponse()))
    started = time.monotonic()
    assert opened(connection(collector.port, timeout=0.3)).post(parcel(), None).answer is Answer.LATER
    assert time.monotonic() - started < 2.0


def test_a_deadline_that_has_passed_sends_nothing(opened):
    collector = opened(Collector())
    reply = opened(connection(collector.port)).post(parcel(), time.monotonic() - 1)
    assert (reply.answer, collector.names) == (Answer.LATER, [])


@pytest.mark.parametrize(
    ("host", "secure", "trouble"),
    [
        ("127.0.0.1", False, "connection refused"),
        ("no-such-host.invalid", False, "its name can't be resolved"),
    ],
)
def test_what_is_in_the_way_is_told_in_our_own_words(opened, host, secure, trouble):
    reply = opened(connection(1, host=host, secure=secure)).post(parcel(), time.monotonic() + 5)
    assert reply.answer is Answer.LATER
    assert reply.detail in (f"gRPC UNAVAILABLE: {trouble}", "gRPC: no answer in time")


def test_tls_to_a_plain_port_is_told(opened):
    collector = opened(Collector())
    reply = opened(connection(collector.port, secure=True)).post(parcel(), None)
    assert (reply.answer, reply.detail) == (Answer.LATER, "gRPC UNAVAILABLE: it speaks no TLS")


def test_a_peer_that_dies_in_the_middle_of_a_call_means_later(opened):
    reached = threading.Event()
    collector = opened(Collector(lambda *_: reached.set() or time.sleep(1) or ExportTraceServiceResponse()))
    relay = opened(Relay(collector.port))
    threading.Thread(target=lambda: reached.wait(5) and relay.cut(), daemon=True).start()
    started = time.monotonic()
    reply = opened(connection(relay.port)).post(parcel(), started + 10)
    assert reply.answer is Answer.LATER
    assert reply.detail.startswith("gRPC UNAVAILABLE")


def test_a_server_that_comes_back_on_the_same_port_is_found_at_once(opened):
    first = Collector()
    client = opened(connection(first.port))
    assert client.post(parcel(), None).answer is Answer.TAKEN
    first.close()
    assert [client.post(parcel(), None).answer for _ in range(3)] == [Answer.LATER] * 3
    second = opened(Collector(port=first.port))
    assert client.post(parcel("again"), None).answer is Answer.TAKEN
    assert second.names == ["again"]


def test_a_closed_connection_opens_another_when_it_is_used(opened):
    collector = opened(Collector())
    client = opened(connection(collector.port))
    client.post(parcel(), None)
    client.close()
    client.close()
    assert client.post(parcel(), None).answer is Answer.TAKEN


# --- TLS ---


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Self-signed certificates by their names: (certificate, key), both PEM."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("certificates")

    def make(name, alternative):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}",
             "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
            check=True, capture_output=True,
        )  # fmt: skip
        return (folder / f"{name}.pem").read_bytes(), (folder / f"{name}.key").read_bytes()

    local = "DNS:localhost,IP:127.0.0.1"
    return {
        "server": make("server", local),
        "stranger": make("stranger", local),
        "client": make("client", "DNS:client.invalid"),
        "elsewhere": make("elsewhere", "DNS:elsewhere.invalid"),
    }


def server_credentials(pair, clients=None):
    certificate, key = pair
    return grpc.ssl_server_credentials([(key, certificate)], clients, require_client_auth=clients is not None)


def test_tls_with_a_certificate_of_ones_own(opened, certificates):
    collector = opened(Collector(credentials=server_credentials(certificates["server"])))
    client = opened(connection(collector.port, secure=True, certificate=certificates["server"][0]))
    assert client.post(parcel("private"), None).answer is Answer.TAKEN
    assert collector.names == ["private"]


@pytest.mark.parametrize(
    ("server", "trusted", "trouble"),
    [
        ("server", "stranger", "its certificate isn't trusted"),
        ("server", None, "its certificate isn't trusted"),
        ("elsewhere", "elsewhere", "its certificate is for another name"),
    ],
)
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(opened, certificates, server, trusted, trouble):
    collector = opened(Collector(credentials=server_credentials(certificates[server])))
    trust = certificates[trusted][0] if trusted else None
    client = opened(connection(collector.port, secure=True, certificate=trust))
    reply = client.post(parcel(), None)
    assert (reply.answer, reply.detail) == (Answer.LATER, f"gRPC UNAVAILABLE: {trouble}")
    assert collector.names == []


def test_a_server_that_asks_for_a_certificate_gets_it(opened, certificates):
    (trusted, _), (shown, key) = certificates["server"], certificates["client"]
    credentials = server_credentials(certificates["server"], clients=shown)
    collector = opened(Collector(credentials=credentials))
    anonymous = opened(connection(collector.port, secure=True, certificate=trusted))
    assert anonymous.post(parcel("anonymous"), None).answer is Answer.LATER
    client = opened(
        connection(collector.port, secure=True, certificate=trusted, client_certificate=shown, client_key=key)
    )
    assert client.post(parcel("known"), None).answer is Answer.TAKEN
    assert collector.names == ["known"]


def test_a_file_that_holds_no_certificate_is_told(opened):
    client = opened(connection(opened(Collector()).port, secure=True, certificate=b"no certificate"))
    reply = client.post(parcel(), None)
    assert reply.answer is Answer.LATER
    assert "can't be read" in reply.detail


# --- careless configuration ---


@pytest.mark.parametrize(
    "header", [("a b", SECRET), ("", SECRET), (":path", SECRET), ("ok", f"{SECRET}\n"), ("ok", f"{SECRET}é")]
)
def test_a_header_that_grpc_cannot_send_is_named_by_its_number_only(header):
    with pytest.raises(ValueError, match=r"^header 2 can't be sent") as raised:
        connection(1, headers=[("fine", "x"), header])
    assert SECRET not in str(raised.value)


def test_without_grpcio_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(GrpcUnavailableError, match=r"continuum-memory\[grpc\]"):
        connection(1)


def test_importing_the_module_imports_no_grpcio():
    code = "import sys, telemetry.delivery.exchange_grpc; sys.exit('grpc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0


# --- whole processes: this one runs a server, and a fork would take that with it ---

PROCESS = """
import os, sys, threading, time
from telemetry.delivery.exchange import Answer
from telemetry.delivery.exchange_grpc import GrpcConnection
from telemetry.delivery.parcel import Parcel
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest as Request

def connect(port):
    return GrpcConnection("127.0.0.1:" + str(port), secure=False, method={method!r},
                          headers=[("authorization", {secret!r})], timeout=20.0, compression="gzip")

def parcel(name):
    request = Request()
    request.resource_spans.add().scope_spans.add().spans.add(name=name)
    return Parcel.of("span", 1, request.SerializeToString())

def taken(client, name):
    return client.post(parcel(name), time.monotonic() + 10).answer is Answer.TAKEN

def end_of(pid):
    for _ in range(1000):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, 9)
    return "hangs"

port, silent = int(sys.argv[1]), int(sys.argv[2])
client = connect(port)
"""


def run(opened, code, respond=None):
    collector = opened(Collector(respond))
    silent = opened(socket.create_server(("127.0.0.1", 0)))
    script = PROCESS.format(method=EXPORT, secret=SECRET) + textwrap.dedent(code)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script, str(collector.port), str(silent.getsockname()[1])],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert SECRET not in done.stdout + done.stderr
    assert done.returncode == 0, done.stderr
    return collector, done, time.monotonic() - started


def test_after_a_fork_both_sides_post_and_the_parent_keeps_its_connection(opened):
    collector, done, _ = run(
        opened,
        """
        assert taken(client, "before")
        pid = os.fork()
        if pid == 0:
            client.renew()
            sys.exit(0 if taken(client, "child") and taken(client, "child") else 3)
        assert taken(client, "parent")
        assert end_of(pid) == 0
        assert taken(client, "parent")
        """,
    )
    assert sorted(collector.names) == ["before", "child", "child", "parent", "parent"]
    by_name = {}
    for name, peer in zip(collector.names, collector.peers, strict=True):
        by_name.setdefault(name, set()).add(peer)
    assert by_name["parent"] == by_name["before"]
    assert len(by_name["child"]) == 1
    assert by_name["child"].isdisjoint(by_name["parent"])
    assert done.stderr == ""


def test_forks_in_the_middle_of_calls_hurt_neither_side(opened):
    collector, done, _ = run(
        opened,
        """
        quiet = connect(silent)
        replies = []
        threading.Thread(target=lambda: [quiet.post(parcel("q"), None) for _ in range(50)], daemon=True).start()
        busy = threading.Event()
        def post():
            other = connect(port)
            while not busy.is_set():
                replies.append(other.post(parcel("busy"), None))
        threading.Thread(target=post, daemon=True).start()
        for number in range(12):
            time.sleep(0.02)
            pid = os.fork()
            if pid == 0:
                client.renew()
                quiet.renew()
                os._exit(0 if taken(client, "child") else 3)
            assert end_of(pid) == 0, number
        busy.set()
        assert {reply.answer for reply in replies} <= {Answer.TAKEN, Answer.LATER}
        assert taken(client, "parent")
        """,
    )
    assert collector.names.count("child") == 12
    assert "skipping fork() handlers" not in done.stderr


def test_a_process_ends_at_once_with_a_channel_open_and_a_call_under_way(opened):
    _, done, seconds = run(
        opened,
        """
        assert taken(client, "before")
        quiet = connect(silent)
        threading.Thread(target=quiet.post, args=(parcel("q"), None), daemon=True).start()
        time.sleep(0.2)
        """,
    )
    assert seconds < 10.0
    assert done.stderr == ""
