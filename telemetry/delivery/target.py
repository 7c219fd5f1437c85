"""Where bodies of one kind are posted, and by which rules of that backend."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT: Final = 10.0
"""Seconds for one exchange where nothing else is asked for."""


@dataclass(frozen=True)
class Target:
    """One backend's address for one kind of body."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: str | None = None
    """A file of certificates to trust, instead of the system's."""
    client_certificate: str | None = None
    client_key: str | None = field(default=None, repr=False)
    timeout: float = TIMEOUT
    compression: Literal["gzip", "none"] = "gzip"
    grpc_method: str | None = None
    """The method to call over gRPC; None for HTTP."""
    categories: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By the ledger's signals: Sentry's names for them, as they stand in its rate limits."""

    @property
    def host(self) -> str:
        """Host and port for log lines; never the path, a query or credentials."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def key(self) -> str:
        """Names this address in the file system. What was kept for one address is never sent to another."""
        return hashlib.sha256(f"{self.grpc_method or ''} {self.url}".encode()).hexdigest()[:16]
