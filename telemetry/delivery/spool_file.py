"""A parcel as a file: what its name tells, and what stands in it.

A name tells what has to be known of a parcel that isn't opened. A checksum tells whether a file is whole; nothing
is decompressed.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final, NamedTuple

from telemetry.delivery.parcel import Parcel

LARGEST: Final = 16 * 2**20
"""Bytes of the largest file and of the largest body that are kept; backends take far less."""
BLOCK: Final = 4096
"""What a file occupies is counted in blocks of so many bytes, which bounds the number of files, too."""
SUFFIX: Final = ".parcel"
DONE: Final = b"what was here has ended\n"
"""What is left in the file of a parcel that has ended when the file itself can't be deleted."""

_NAME: Final = re.compile(
    r"(?P<created>[0-9]{16})-[0-9a-f]{12}-(?P<signal>[a-z][a-z0-9_]{0,31})"
    r"-(?P<quantity>[0-9]{1,9})-(?P<length>[0-9]{1,9})" + re.escape(SUFFIX)
)
_MAGIC: Final = b"parcel1"
_HEAD_LENGTH: Final = len(_MAGIC) + 1 + 64 + 1


class Label(NamedTuple):
    """What a file's name tells. Labels sort by age."""

    name: str
    created: int
    """Microseconds since the epoch."""
    signal: str
    quantity: int
    length: int
    """Bytes of the whole file."""

    @classmethod
    def of(cls, parcel: Parcel, length: int) -> Label | None:
        """A new label for a parcel; None when no name can tell what is in it."""
        name = (
            f"{_microseconds(parcel.created):016d}-{secrets.token_hex(6)}"
            f"-{parcel.signal}-{parcel.quantity}-{length}{SUFFIX}"
        )
        return cls.read(name)

    @classmethod
    def read(cls, name: str) -> Label | None:
        """The label that a name is; None when it isn't one of ours."""
        found = _NAME.fullmatch(name)
        if found is None or int(found["length"]) > LARGEST:
            return None
        return cls(name, int(found["created"]), found["signal"], int(found["quantity"]), int(found["length"]))

    @property
    def occupied(self) -> int:
        """Bytes on disk, in whole blocks."""
        return -(-self.length // BLOCK) * BLOCK


def pack(parcel: Parcel) -> bytes:
    """What is written for a parcel."""
    about = f"{parcel.signal} {parcel.quantity} {parcel.size} {parcel.created!r}\n"
    rest = about.encode() + parcel.packed
    return _head(rest) + rest


def unpack(label: Label, content: bytes) -> Parcel | None:
    """What a file holds; None when it isn't to the last bit what was put there under this label."""
    head, rest = content[:_HEAD_LENGTH], content[_HEAD_LENGTH:]
    if len(content) != label.length or head != _head(rest):
        return None
    about, _, packed = rest.partition(b"\n")
    try:
        signal, quantity, size, created = about.decode("ascii").split(" ")
        parcel = Parcel(signal, int(quantity), packed, int(size), float(created))
        told = (parcel.signal, parcel.quantity, _microseconds(parcel.created))
    except (ValueError, OverflowError):
        return None
    fits = told == (label.signal, label.quantity, label.created) and 0 <= parcel.size <= LARGEST
    return parcel if fits else None


def _head(rest: bytes) -> bytes:
    return b"%b %b " % (_MAGIC, hashlib.sha256(rest).hexdigest().encode())


def _microseconds(seconds: float) -> int:
    return min(max(int(seconds * 1e6), 0), 10**16 - 1)
