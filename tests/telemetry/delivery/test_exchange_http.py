"""One HTTP exchange with real sockets: answers of every kind, proxies, TLS, and backends that misbehave."""

from __future__ import annotations

import gzip
import select
import socket
import ssl
import subprocess
import threading
import time
import zlib
from contextlib import ExitStack, suppress

import pytest
from delivering import parcel
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from telemetry.delivery.exchange import Answer, Limit
from telemetry.delivery.exchange_http import (
    DEFAULT_RETRY_AFTER,
    LONGEST_LIMIT,
    MOST_OF_ANSWER,
    HttpConnection,
)
from telemetry.delivery.target import Target

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
PROTOBUF = "Content-Type: application/x-protobuf"


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status} Said", *headers, f"Content-Length: {len(body)}"))
    return head.encode() + b"\r\n\r\n" + body


class Peer:
    """A server that reads one request after the other and lets ``speak`` write whatever it wants."""

    def __init__(self, speak=OK, *, tls: ssl.SSLContext | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.requests: list[tuple[str, bytes]] = []
        self.connections = 0
        self._speak, self._tls = speak, tls
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            secured = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            with secured, secured.makefile("rb") as file:
                while head := self._head(file):
                    self._handle(secured, file, head)

    @staticmethod
    def _head(file) -> str:
        lines = []
        while (line := file.readline()).strip():
            lines.append(line.decode())
        return "".join(lines)

    def _handle(self, connection: socket.socket, file, head: str) -> None:
        length = next((line for line in head.splitlines() if line.lower().startswith("content-length")), ":0")
        self.requests.append((head, file.read(int(length.partition(":")[2]))))
        if callable(self._speak):
            self._speak(connection)
        else:
            connection.sendall(self._speak)


class Proxy(Peer):
    """Passes requests on, by CONNECT too."""

    def _handle(self, connection: socket.socket, file, head: str) -> None:
        method, address, _ = head.splitlines()[0].split(" ")
        if method != "CONNECT":
            return super()._handle(connection, file, head)
        self.requests.append((head, b""))
        host, port = address.split(":")
        with socket.create_connection((host, int(port))) as onward:
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            while True:
                for source in select.select([connection, onward], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return None
                    (onward if source is connection else connection).sendall(data)


@pytest.fixture
def serve():
    with ExitStack() as stack:

        def begin(speak=OK, *, kind=Peer, **options):
            peer = kind(speak, **options)
            stack.callback(peer.close)
            return peer

        yield begin


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def post(url: str, *, deadline: float | None = None, **options):
    connection = HttpConnection(Target(url, timeout=options.pop("timeout", 2.0), **options))
    try:
        return connection.post(parcel("error:1"), deadline)
    finally:
        connection.close()


def url_of(peer: Peer, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{peer.port}/v1/traces"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (answer(200), Answer.TAKEN),
        (answer(202), Answer.TAKEN),
        (answer(302, "Location: http://127.0.0.1:1/"), Answer.REFUSED),
        (answer(400), Answer.REFUSED),
        (answer(404), Answer.REFUSED),
        (answer(401), Answer.DENIED),
        (answer(403), Answer.DENIED),
        (answer(408), Answer.LATER),
        (answer(413), Answer.TOO_LARGE),
        (answer(425), Answer.LATER),
        (answer(429), Answer.LATER),
        (answer(500), Answer.LATER),
        (answer(503), Answer.LATER),
        (b"nonsense\r\n\r\n", Answer.LATER),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", Answer.TAKEN),
        (b"", Answer.LATER),
    ],
)
def test_what_an_answer_means(serve, said, meant):
    peer = serve(lambda connection: (connection.sendall(said), connection.shutdown(socket.SHUT_RDWR)))
    if said.endswith(b"abc"):  # the status is what counts, but a torn answer tells that nobody can be sure
        meant = Answer.LATER
    assert post(url_of(peer)).answer is meant


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        (["Retry-After: 7"], (Limit(7),)),
        (["Retry-After: 0"], (Limit(DEFAULT_RETRY_AFTER),)),
        (["Retry-After: nan"], (Limit(DEFAULT_RETRY_AFTER),)),
        (["Retry-After: -5"], (Limit(DEFAULT_RETRY_AFTER),)),
        (["Retry-After: 1e999"], (Limit(LONGEST_LIMIT),)),
        (["Retry-After: soon"], (Limit(DEFAULT_RETRY_AFTER),)),
        ([], (Limit(DEFAULT_RETRY_AFTER),)),
        (["X-Sentry-Rate-Limits: 60::organization"], (Limit(60),)),
        (
            [
                "X-Sentry-Rate-Limits: 60:error;default:project:quota, 2700:span:organization",
                "Retry-After: 9",
            ],
            (Limit(60, frozenset({"error", "default"})), Limit(2700, frozenset({"span"}))),
        ),
        (["X-Sentry-Rate-Limits: x:error, :, nan:error, 5"], (Limit(5),)),
    ],
)
def test_what_a_backend_wants_less_of(serve, headers, limits):
    assert post(url_of(serve(answer(429, *headers)))).limits == limits


def test_retry_after_may_be_a_date(serve):
    (limit,) = post(url_of(serve(answer(503, "Retry-After: Wed, 21 Oct 2099 07:28:00 GMT")))).limits
    assert limit == Limit(LONGEST_LIMIT)
    assert post(url_of(serve(answer(503, "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT")))).limits == ()


def test_limits_come_with_a_200_too(serve):
    reply = post(url_of(serve(answer(200, "X-Sentry-Rate-Limits: 60:error:key"))))
    assert (reply.answer, reply.limits) == (Answer.TAKEN, (Limit(60, frozenset({"error"})),))


def test_a_partial_success_tells_how_many_were_refused(serve):
    response = ExportTraceServiceResponse()
    response.partial_success.rejected_spans = 3
    assert post(url_of(serve(answer(200, PROTOBUF, body=response.SerializeToString())))).rejected == 3


@pytest.mark.parametrize("body", [b"\xff" * 100, b"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"])
def test_an_answer_that_cannot_be_read_refuses_nothing(serve, body):
    assert post(url_of(serve(answer(200, PROTOBUF, body=body)))).rejected == 0


def test_the_body_arrives_gzipped_or_plain(serve):
    peer = serve()
    post(url_of(peer))
    post(url_of(peer), compression="none")
    (head, packed), (plain_head, plain) = peer.requests
    assert "content-encoding: gzip" in head.lower()
    assert gzip.decompress(packed) == plain == b"error:1"
    assert "content-encoding" not in plain_head.lower()


def test_the_connection_is_kept(serve):
    peer = serve(answer(200, body=b"{}"))
    connection = HttpConnection(Target(url_of(peer)))
    for _ in range(5):
        assert connection.post(parcel("error:1"), None).answer is Answer.TAKEN
    assert peer.connections == 1
    connection.renew()
    assert connection.post(parcel("error:1"), None).answer is Answer.TAKEN
    assert peer.connections == 2
    connection.close()


def test_a_backend_that_is_not_there_and_a_deadline_that_has_passed(serve):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/").answer is Answer.LATER
    started = time.monotonic()
    reply = post(url_of(serve(lambda _connection: None)), deadline=time.monotonic() - 5)
    assert reply.answer is Answer.LATER
    assert time.monotonic() - started < 1.0


def test_of_an_answer_of_ten_megabytes_only_the_beginning_is_read(serve):
    sent = []

    def speak(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
        with suppress(OSError):
            for _ in range(1000):
                connection.sendall(b"x" * 10_000)
                sent.append(10_000)

    assert post(url_of(serve(speak))).answer is Answer.TAKEN
    assert sum(sent) < 10_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip, gzip"])
def test_a_bomb_is_not_unpacked(serve, encoding):
    bomb = gzip.compress(zlib.compress(b"0" * (20 << 20)) * 4)
    assert len(bomb) < MOST_OF_ANSWER * 4
    reply = post(url_of(serve(answer(200, f"Content-Encoding: {encoding}", PROTOBUF, body=bomb))))
    assert (reply.answer, reply.rejected) == (Answer.TAKEN, 0)


def test_a_body_that_drips_is_not_waited_for(serve):
    def speak(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with suppress(OSError):
            for _ in range(60):
                connection.sendall(b"x")
                time.sleep(0.05)

    started = time.monotonic()
    assert post(url_of(serve(speak)), timeout=0.4).answer is Answer.TAKEN
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    "headers",
    [{"authorization": "a\r\nX-Other: b"}, {"authorization": "secret\u20ac"}, {"a b": "c"}, {"": "c"}],
)
def test_a_header_that_cannot_be_sent_is_said_at_once_and_not_repeated(headers):
    with pytest.raises(ValueError, match="headers: expected") as caught:
        HttpConnection(Target("http://127.0.0.1:1/", headers))
    assert "secret" not in str(caught.value)


# --- proxies ---


def test_http_goes_through_the_proxy_with_its_credentials(serve, monkeypatch):
    proxy = serve(kind=Proxy)
    monkeypatch.setenv("HTTP_PROXY", f"http://someone:hunter2@127.0.0.1:{proxy.port}")
    assert post("http://collector.invalid:4318/v1/traces").answer is Answer.TAKEN
    head = proxy.requests[0][0]
    assert head.startswith("POST http://collector.invalid:4318/v1/traces ")
    assert "proxy-authorization: basic " in head.lower()


@pytest.mark.parametrize("direct", ["127.0.0.1", "localhost,127.0.0.1:{port}", "*"])
def test_what_no_proxy_names_is_reached_without_it(serve, monkeypatch, direct):
    proxy, peer = serve(kind=Proxy), serve()
    monkeypatch.setenv("HTTP_PROXY", f"127.0.0.1:{proxy.port}")
    assert post(url_of(peer)).answer is Answer.TAKEN
    assert (len(proxy.requests), len(peer.requests)) == (1, 0)
    monkeypatch.setenv("NO_PROXY", direct.format(port=peer.port))
    assert post(url_of(peer)).answer is Answer.TAKEN
    assert (len(proxy.requests), len(peer.requests)) == (1, 1)


@pytest.mark.parametrize("address", ["socks5://u:hunter2@127.0.0.1:1", "http://u:hunter2@[::1", "ftp://x:1"])
def test_a_proxy_that_is_none_is_said_without_its_password(monkeypatch, address):
    monkeypatch.setenv("HTTP_PROXY", address)
    with pytest.raises(ValueError, match="HTTP_PROXY") as caught:
        HttpConnection(Target("http://127.0.0.1:1/"))
    assert "hunter2" not in repr(caught.value)
    assert caught.value.__cause__ is None


# --- TLS ---


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A folder with an authority, and what it signed for a server and for a client."""
    folder = tmp_path_factory.mktemp("certificates")

    def run(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    run("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=authority")
    for name in ("server", "client"):
        run("req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
        run(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-out", f"{name}.pem", "-days", "2", "-extfile", "names"),
        )
    return folder


def _server_side(folder, *, wants_clients: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    if wants_clients:
        context.load_verify_locations(folder / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_a_certificate_of_ones_own_authority_is_trusted_when_it_is_named(serve, certificates):
    peer = serve(tls=_server_side(certificates))
    assert post(url_of(peer, "https"), certificate=str(certificates / "ca.pem")).answer is Answer.TAKEN


def test_a_certificate_that_nobody_vouches_for_gets_nothing(serve, certificates):
    peer = serve(tls=_server_side(certificates))
    reply = post(url_of(peer, "https"))
    assert (reply.answer, reply.detail) == (Answer.LATER, "SSLError")
    assert peer.requests == []


def test_the_name_in_a_certificate_has_to_be_the_hosts(serve, certificates):
    peer = serve(tls=_server_side(certificates))
    url = f"https://localhost:{peer.port}/"
    assert post(url, certificate=str(certificates / "ca.pem")).answer is Answer.LATER
    assert peer.requests == []


def test_a_client_shows_its_certificate(serve, certificates):
    peer = serve(tls=_server_side(certificates, wants_clients=True))
    trusted = {"certificate": str(certificates / "ca.pem")}
    assert post(url_of(peer, "https"), **trusted).answer is Answer.LATER
    own = {
        "client_certificate": str(certificates / "client.pem"),
        "client_key": str(certificates / "client.key"),
    }
    assert post(url_of(peer, "https"), **trusted, **own).answer is Answer.TAKEN


def test_https_goes_through_the_proxy_by_connect(serve, certificates, monkeypatch):
    peer, proxy = serve(tls=_server_side(certificates)), serve(kind=Proxy)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    reply = post(url_of(peer, "https"), certificate=str(certificates / "ca.pem"))
    assert reply.answer is Answer.TAKEN
    assert proxy.requests[0][0].startswith(f"CONNECT 127.0.0.1:{peer.port} ")
    assert len(peer.requests) == 1


def test_a_certificates_file_that_has_gone_raises_nothing(serve, certificates, tmp_path):
    gone = tmp_path / "ca.pem"
    gone.write_bytes((certificates / "ca.pem").read_bytes())
    peer = serve(tls=_server_side(certificates))
    connection = HttpConnection(Target(url_of(peer, "https"), certificate=str(gone), timeout=1.0))
    gone.unlink()
    assert connection.post(parcel("error:1"), None).answer is Answer.LATER
    connection.close()
