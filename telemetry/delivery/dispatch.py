"""Gives each destination its courier: how it is spoken to, and where what it can't take waits."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from telemetry.delivery.courier import Courier
from telemetry.delivery.exchange_http import HttpConnection
from telemetry.delivery.spool import Spool

if TYPE_CHECKING:
    from telemetry.configuration.spooling import Spooling
    from telemetry.delivery.cutting import Cutter
    from telemetry.delivery.exchange import Connection
    from telemetry.delivery.target import Target
    from telemetry.ledger import End, Ledger

logger = logging.getLogger(__name__)


class Dispatch:
    """Makes couriers. ``spool_folder`` is where each destination's spool has a folder of its own."""

    def __init__(self, ledger: Ledger, spooling: Spooling, spool_folder: Path) -> None:
        self._ledger = ledger
        self._spooling = spooling
        self._folder = spooling.directory or spool_folder
        self._warned: set[str] = set()

    def courier(self, name: str, target: Target, cutter: Cutter) -> Courier:
        """The courier of a destination; its thread starts with the first parcel.

        Raises:
            GrpcUnavailableError: the target wants gRPC, and its library is not installed.
            ValueError: a header that can't be sent.
            OSError: a certificate's file can't be read.

        """
        return Courier(name, target, _connection(target), cutter, self._ledger, spool=self._spool(target))

    def _spool(self, target: Target) -> Spool | None:
        if self._spooling.enabled is False:
            return None
        return Spool(
            self._folder / target.key,
            most_bytes=self._spooling.most_bytes,
            longest_kept=self._spooling.longest_kept,
            on_loss=self._lost_on_disk,
            on_fault=self._ledger.fault,
            warned=self._warned,
        )

    def _lost_on_disk(self, signal: str, quantity: int, end: End) -> None:
        """What came back from disk and went no further."""
        self._ledger.replayed(signal, quantity)
        self._ledger.end(signal, end, quantity)


def _connection(target: Target) -> Connection:
    if target.grpc_method is None:
        return HttpConnection(target)
    from telemetry.delivery.exchange_grpc import GrpcConnection

    address = urlsplit(target.url)
    return GrpcConnection(
        address.netloc,
        secure=address.scheme == "https",
        method=target.grpc_method,
        headers=tuple(target.headers.items()),
        timeout=target.timeout,
        compression=target.compression,
        certificate=_read(target.certificate),
        client_certificate=_read(target.client_certificate),
        client_key=_read(target.client_key),
    )


def _read(path: str | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()
