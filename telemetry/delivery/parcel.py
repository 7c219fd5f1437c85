"""A body on its way: scrubbed, encoded and compressed, with what it takes to count it."""

from __future__ import annotations

import gzip
import time
import zlib
from dataclasses import dataclass, field
from typing import Final

_LEVEL: Final = 5
_GZIP: Final = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True, eq=False)
class Parcel:
    """What one request to a backend carries. Nothing in it is raw, so it may be kept on disk."""

    signal: str
    """The ledger's name for what is in it: ``span``, ``error``, ``log`` …"""
    quantity: int
    """How many items of that signal it holds."""
    packed: bytes
    """The body, gzipped."""
    size: int
    """Bytes of the body before compression, which is what backends limit."""
    created: float = field(default_factory=time.time)
    """When it was packed, in seconds since the epoch: it has to mean something after a restart."""

    @classmethod
    def of(cls, signal: str, quantity: int, body: bytes) -> Parcel:
        """Pack a body."""
        return cls(signal, quantity, gzip.compress(body, _LEVEL, mtime=0), len(body))

    @property
    def body(self) -> bytes:
        """The body as it was encoded.

        Raises:
            ValueError: what is packed is not a body of ``size`` bytes.

        """
        unpacking = zlib.decompressobj(_GZIP)
        try:
            body = unpacking.decompress(self.packed, self.size + 1)
        except zlib.error:
            body = b""
        if len(body) != self.size:
            raise ValueError("not a body of the size that it was packed with")
        return body
