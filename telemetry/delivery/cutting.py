"""Makes parcels smaller for a backend that finds them too large."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from telemetry.delivery.parcel import Parcel


class Cutter(Protocol):
    """What makes bodies of one kind smaller."""

    def split(self, body: bytes) -> list[tuple[int, bytes]]:
        """Smaller bodies with the same items, and how many each holds; none when there is nothing to split."""

    def trim(self, body: bytes) -> bytes | None:
        """A smaller body of a single item; None when it gets no smaller."""


def smaller(parcel: Parcel, cutter: Cutter) -> list[Parcel]:
    """Smaller parcels with the same items, as old as this one; none when it gets no smaller."""
    body = parcel.body
    parts = cutter.split(body)
    if not parts and (trimmed := cutter.trim(body)) is not None and len(trimmed) < len(body):
        parts = [(parcel.quantity, trimmed)]
    return [
        replace(Parcel.of(parcel.signal, quantity, part), created=parcel.created) for quantity, part in parts
    ]
