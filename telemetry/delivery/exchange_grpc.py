"""Parcels by gRPC: OTLP for collectors that listen on nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from telemetry.delivery.exchange import Answer, Reply
from telemetry.delivery.grpc_forks import LONGEST_HOLD, Call, forks
from telemetry.delivery.grpc_metadata import to_metadata
from telemetry.delivery.grpc_status import meaning

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from telemetry.delivery.parcel import Parcel

MOST_OF_ANSWER: Final = 65_536
"""Bytes; a longer answer is not read."""


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
        self._metadata = to_metadata(headers)
        self._compression = grpc.Compression.Gzip if compression == "gzip" else grpc.Compression.NoCompression
        self._credentials = (
            grpc.ssl_channel_credentials(certificate, client_key, client_certificate) if secure else None
        )
        self._channel: Any = None
        forks.watch()

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
            with forks.apart(LONGEST_HOLD) as apart:
                if apart:
                    channel.close()

    def _exchange(self, body: bytes, until: float) -> Reply:
        left = until - time.monotonic()
        with forks.apart(left) as apart:
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
        return meaning(
            code,
            call.rpc.details() or "",
            dict(call.rpc.trailing_metadata() or ()).get("grpc-status-details-bin", b""),
            (call.rpc.result() or b"") if code == "OK" else b"",
        )

    def _call(self, body: bytes, until: float) -> Call:
        if self._channel is None:
            self._channel = self._open()
        rpc = self._channel.unary_unary(self._method).future(
            body,
            timeout=max(0.0, until - time.monotonic()),
            metadata=self._metadata,
            compression=self._compression,
        )
        return Call(rpc)

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
