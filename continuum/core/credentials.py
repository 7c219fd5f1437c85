"""The form of API keys: made from randomness, kept as a digest, found by a part that is no secret."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from continuum.core.tenancy import Tenant

SCOPES = ("read", "write", "admin", "sync")
DEFAULT_SCOPES = ("read", "write")
_MARK = "cm_"
_ID_LENGTH = 8
# token_urlsafe(32) is 43 characters; 8 of them, 48 bits, serve as the id, so 208 bits stay secret.
_KEY = re.compile(r"cm_[A-Za-z0-9_-]{43}")
_ID = re.compile(r"[A-Za-z0-9_-]{8}")


@dataclass(frozen=True)
class Caller:
    """Who calls, once the key has been checked."""

    tenant: Tenant
    key_id: str
    scopes: frozenset[str] = field(default_factory=frozenset)
    use_is_unnoted: bool = field(default=False, compare=False)
    """Whether it is time to write down that the key was used."""


def new_key() -> str:
    """Make a key: ``cm_`` and 32 random bytes, URL-safe."""
    while True:
        key = _MARK + secrets.token_urlsafe(32)
        # An id that begins with a dash would be read as an option by `continuum keys revoke`.
        if key_id(key)[0].isalnum():
            return key


def is_well_formed(key: str) -> bool:
    """Whether the text could be a key at all."""
    return _KEY.fullmatch(key) is not None


def key_id(key: str) -> str:
    """The part of a key by which it is found, listed and revoked; not a secret."""
    return key[len(_MARK) : len(_MARK) + _ID_LENGTH]


def is_key_id(text: str) -> bool:
    """Whether the text could be a key's id."""
    return _ID.fullmatch(text) is not None


def digest(key: str) -> str:
    """SHA-256 of the key in hex. No salt or stretching: 256 random bits leave nothing to guess."""
    return hashlib.sha256(key.encode()).hexdigest()


def matches(key: str, expected_digest: str) -> bool:
    """Compare a key with a stored digest in constant time."""
    return hmac.compare_digest(digest(key), expected_digest)
