"""Parcels by gRPC: OTLP for collectors that listen on nothing else."""

from __future__ import annotations

import os
import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

# Not where they are used: a fork while another thread imports leaves a child that waits for its import lock.
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped] # protobuf ships no types
from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # protobuf ships no types
from google.protobuf.unknown_fields import (  # type: ignore[import-untyped] # protobuf ships no types
    UnknownFieldSet,
)

from telemetry.delivery.exchange import Answer, Limit, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Literal

    from telemetry.delivery.parcel import Parcel

T = TypeVar("T", bytes, int)

MOST_OF_ANSWER: Final = 65_536
LONGEST_PAUSE: Final = 86_400.0
LONGEST_HOLD: Final = 0.5
"""Seconds for which a fork waits at most for calls to end; a millisecond is usual."""

_LATER: Final = frozenset(
    {"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"}
)
_DENIED: Final = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED"})
_OVERSIZE: Final = frozenset({"RESOURCE_EXHAUSTED", "OUT_OF_RANGE"})
_HTTP_ONLY: Final = frozenset({"content-encoding", "host"})
_NAME: Final = re.compile(r"[a-z0-9_.-]+")
_VALUE: Final = re.compile(r"[ -~]*")
# How the servers of C, Go, Java, .NET, JavaScript and Rust say that a message was too long for them.
_TOO_LARGE: Final = re.compile(
    r"larger than max|exceeds (the )?(configured )?max|length too large|size limit", re.IGNORECASE
)
_ANSWER_TOO_LARGE: Final = "CLIENT: Received message larger than max"
_TROUBLES: Final = (
    ("errors resolving", "its name can't be resolved"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate isn't trusted"),
    ("Hostname Verification Check failed", "its certificate is for another name"),
    ("WRONG_VERSION_NUMBER", "it speaks no TLS"),
    ("security handshaker", "the certificates or the key that were given can't be read"),
    ("Connection refused", "connection refused"),
    ("HTTP/2", "it speaks no HTTP/2"),
    ("Socket closed", "it closed the connection"),
)
"""What stands in the words of gRPC's core, and ours for it: those of others may hold anything."""


class GrpcUnavailableError(RuntimeError):
    """OTLP over gRPC was asked for, and grpcio isn't there."""


class GrpcConnection:
    """Calls one method over a kept channel, which is opened by the thread that posts.

    Args:
        host_port: ``collector:4317``; an IPv6 address stands in brackets.
        secure: TLS or plain text.
        method: ``/package.Service/Method``.
        headers: sent as metadata; those that mean something to HTTP only are left out.
        timeout: seconds for one call.
        compression: of the request.
        certificate: PEM of the certificates to trust, instead of those that come with grpcio.
        client_certificate: PEM of the certificate to show, together with ``client_key``.
        client_key: PEM of its key.

    Raises:
        GrpcUnavailableError: grpcio can't be imported.
        ValueError: a header that gRPC can't send; it is named by its number.

    """

    def __init__(
        self,
        host_port: str,
        *,
        secure: bool,
        method: str,
        headers: Sequence[tuple[str, str]],
        timeout: float,
        compression: Literal["gzip", "none"],
        certificate: bytes | None = None,
        client_certificate: bytes | None = None,
        client_key: bytes | None = None,
    ) -> None:
        try:
            import grpc  # type: ignore[import-untyped] # grpcio ships no types
        except ImportError as error:
            raise GrpcUnavailableError(
                "OTLP over gRPC needs grpcio: install continuum-memory[grpc], or use http/protobuf"
            ) from error
        self._grpc = grpc
        self._address, self._method, self._timeout = f"dns:///{host_port}", method, timeout
        self._metadata = _metadata(headers)
        self._compression = grpc.Compression.Gzip if compression == "gzip" else grpc.Compression.NoCompression
        self._credentials = (
            grpc.ssl_channel_credentials(certificate, client_key, client_certificate) if secure else None
        )
        self._channel: Any = None
        _forks.watch()

    def post(self, parcel: Parcel, deadline: float | None) -> Reply:
        """Send one parcel; never raises. The deadline is in seconds of ``time.monotonic``."""
        until = time.monotonic() + self._timeout
        if deadline is not None:
            until = min(until, deadline)
        try:
            return self._exchange(parcel.body, until)
        except Exception as error:
            return Reply(Answer.LATER, type(error).__name__)

    def renew(self) -> None:
        """Forget the channel: its sockets were closed for a forked child, and nothing is written to them."""
        self._channel = None

    def close(self) -> None:
        """Close the channel; a later post opens another."""
        channel, self._channel = self._channel, None
        if channel is not None:
            with _forks.apart(LONGEST_HOLD) as apart:
                if apart:
                    channel.close()

    def _exchange(self, body: bytes, until: float) -> Reply:
        left = until - time.monotonic()
        with _forks.apart(left) as apart:
            if left <= 0.0 or not apart:
                return Reply(Answer.LATER, "gRPC: no time left")
            call = self._call(body, until)
        try:
            # gRPC's own deadline follows the system's clock, which may be set; this one doesn't.
            in_time = call.ended.wait(max(0.0, until - time.monotonic()))
        finally:
            call.give_up()
        if not in_time:
            self.close()
            return Reply(Answer.LATER, "gRPC: no answer in time")
        code = call.rpc.code().name
        if code in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
            # A channel that is kept goes on trying by itself. When to try again is the sender's to decide.
            self.close()
        return _meaning(
            code,
            call.rpc.details() or "",
            dict(call.rpc.trailing_metadata() or ()).get("grpc-status-details-bin", b""),
            (call.rpc.result() or b"") if code == "OK" else b"",
        )

    def _call(self, body: bytes, until: float) -> _Call:
        if self._channel is None:
            self._channel = self._open()
        rpc = self._channel.unary_unary(self._method).future(
            body,
            timeout=max(0.0, until - time.monotonic()),
            metadata=self._metadata,
            compression=self._compression,
        )
        return _Call(rpc)

    def _open(self) -> Any:
        options = (
            # Shared subchannels would hand a parent's connection on to its children.
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.enable_retries", 0),
            ("grpc.max_receive_message_length", MOST_OF_ANSWER),
        )
        if self._credentials is None:
            return self._grpc.insecure_channel(self._address, options)
        return self._grpc.secure_channel(self._address, self._credentials, options)


class _Call:
    """A call that is under way until it has ended, whether or not anybody waits for it."""

    def __init__(self, rpc: Any) -> None:
        self.rpc = rpc
        self.ended = threading.Event()
        _forks.under_way.add(self)
        rpc.add_done_callback(self._end)

    def _end(self, _: Any) -> None:
        _forks.under_way.discard(self)
        self.ended.set()

    def give_up(self) -> None:
        """Nobody waits for it any longer."""
        if not self.ended.is_set():
            with _forks.apart(LONGEST_HOLD):
                self.rpc.cancel()


class _Forks:
    """Keeps calls and forks apart.

    A fork while any thread is inside gRPC's core leaves a child that may crash in it. So calls that are under
    way are cancelled before a fork, and what they carried is sent again after it.
    """

    def __init__(self) -> None:
        self._watching = False
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._held = False
        self.under_way: set[_Call] = set()

    def watch(self) -> None:
        """Be told of forks from now on."""
        if not self._watching and hasattr(os, "register_at_fork"):
            self._watching = True
            os.register_at_fork(before=self._hold, after_in_parent=self._go_on, after_in_child=self._reset)

    @contextmanager
    def apart(self, timeout: float) -> Iterator[bool]:
        """Make forks wait for what is done here; False when one is under way for all of some seconds."""
        lock = self._lock
        held = lock.acquire(timeout=max(0.0, timeout))
        try:
            yield held
        finally:
            if held:
                lock.release()

    def _hold(self) -> None:
        until = time.monotonic() + LONGEST_HOLD
        self._held = self._lock.acquire(timeout=LONGEST_HOLD)
        calls = list(self.under_way)
        for call in calls:
            call.rpc.cancel()
        for call in calls:
            call.ended.wait(max(0.0, until - time.monotonic()))

    def _go_on(self) -> None:
        if self._held:
            self._held = False
            self._lock.release()


_forks: Final = _Forks()


def _metadata(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str | bytes], ...]:
    found: list[tuple[str, str | bytes]] = []
    for number, (name, value) in enumerate(headers, 1):
        key = name.strip().lower()
        if not _NAME.fullmatch(key) or not _VALUE.fullmatch(value):
            raise ValueError(
                f"header {number} can't be sent by gRPC: a name is letters, digits, '-', '_' and '.', "
                "a value is printable ASCII"
            )
        if key not in _HTTP_ONLY:  # what else gRPC sets by itself it leaves out by itself
            found.append((key, value.encode("ascii") if key.endswith("-bin") else value))
    return tuple(found)


def _meaning(code: str, words: str, status: bytes, answer: bytes) -> Reply:
    """What a call's end means, after the OTLP specification.

    The words of the other side are looked at but not repeated.
    """
    if code == "OK":
        rejected = _rejected(answer)
        return Reply(
            Answer.TAKEN, f"gRPC OK, {rejected} refused" if rejected else "gRPC OK", rejected=rejected
        )
    if _ANSWER_TOO_LARGE in words:
        return Reply(Answer.TAKEN, "gRPC OK, with an answer too long to read")  # only who took it answers
    detail = f"gRPC {code}"
    if code == "UNAVAILABLE":
        detail += next((f": {ours}" for theirs, ours in _TROUBLES if theirs in words), "")
    if code in _DENIED:
        return Reply(Answer.DENIED, detail)
    if code in _OVERSIZE and _TOO_LARGE.search(words):
        return Reply(Answer.TOO_LARGE, detail)
    pause = _pause(status)
    if code in _LATER or (code == "RESOURCE_EXHAUSTED" and pause is not None):
        return Reply(Answer.LATER, detail, (Limit(pause),) if pause else ())
    return Reply(Answer.REFUSED, detail)


def _pause(status: bytes) -> float | None:
    """The seconds of a ``google.rpc.RetryInfo`` in a ``google.rpc.Status``; None without one."""
    for detail in _fields(status, 3, bytes):
        if any(url.endswith(b"/google.rpc.RetryInfo") for url in _fields(detail, 1, bytes)):
            delay = b"".join(part for info in _fields(detail, 2, bytes) for part in _fields(info, 1, bytes))
            seconds, nanos = sum(_fields(delay, 1, int)), sum(_fields(delay, 2, int))
            return min(seconds + nanos / 1e9, LONGEST_PAUSE)
    return None


def _rejected(answer: bytes) -> int:
    """The items that the ``partial_success`` of an answer names as refused; 0 when it can't be read."""
    # Traces, logs and metrics have the same numbers for the same fields.
    return sum(count for partial in _fields(answer, 1, bytes) for count in _fields(partial, 1, int))


def _fields(message: bytes, number: int, kind: type[T]) -> list[T]:
    """One field's values in a message whose generated class isn't at hand; none where there is no such message."""
    try:
        fields = UnknownFieldSet(Empty.FromString(message))
    except DecodeError:
        return []
    values = (field.data for field in fields if field.field_number == number)
    # Negative numbers come as very large ones; here they would mean nothing.
    return [value for value in values if isinstance(value, kind) and not (kind is int and value >= 1 << 63)]
