"""Keyed, versioned pseudonyms: the same tenant is the same everywhere, and says nothing without the key.

A pseudonym is ``KEYID-DIGEST``: four hex digits that tell which key made it, and 32 hex digits (128 bits)
of HMAC-SHA256. Each kind has a key of its own, derived from the secret, so a tenant and a user of the same
name are not seen to be the same. The derived key is text, so that a collector's own HMAC can take it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["tenant", "user", "instance", "peer", "query"]

SHAPE = re.compile(r"[0-9a-f]{4}-[0-9a-f]{32}")


class Pseudonyms:
    """Makes pseudonyms with one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self.key_id = hmac.new(self._secret, b"continuum key id", hashlib.sha256).hexdigest()[:4]
        # A service sees the same few tenants again and again; the bound keeps a flood of names harmless.
        self._cached = lru_cache(maxsize=4096)(self._make)

    def derived_key(self, kind: Kind) -> str:
        """The key of one kind, 64 hex digits: what a collector needs to make the same pseudonyms."""
        return hmac.new(self._secret, f"continuum {kind}".encode(), hashlib.sha256).hexdigest()

    def of(self, kind: Kind, name: str) -> str:
        """The pseudonym of a name."""
        return self._cached(kind, name)

    def _make(self, kind: Kind, name: str) -> str:
        digest = hmac.new(
            self.derived_key(kind).encode(), name.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()
        return f"{self.key_id}-{digest[:32]}"


def kept_secret(path: Path) -> str | None:
    """The secret kept in a file, made on first use with mode 0600; None when it can't be kept.

    Several processes may start at once: whoever links the file first wins, the others read it.
    """
    try:
        if not path.exists():
            for folder in (path.parent.parent, path.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text(encoding="ascii").strip() or None
    except OSError:
        return None
