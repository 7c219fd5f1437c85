"""Who an instance is to its peers: an Ed25519 key, and how public ones are written."""

from __future__ import annotations

import binascii
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from continuum.core.errors import SettingsError
from continuum.federation.errors import NotSetUp

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
except ModuleNotFoundError:  # the service runs without federation
    raise NotSetUp(
        "federation needs the package cryptography: install continuum-memory[federation]"
    ) from None

# A key that begins with a dash would be read as an option.
_MARK: Final = "cp_"
PUBLIC_KEY_FORM: Final = f"{_MARK} and 43 URL-safe characters, as `continuum sync keys` prints them"
_RAW_BYTES: Final = 32


@dataclass(frozen=True)
class Identity:
    """The private key of an instance."""

    private_key: Ed25519PrivateKey = field(repr=False)

    @cached_property
    def public_key(self) -> str:
        """What is given to others."""
        return _MARK + write_key(self.private_key.public_key().public_bytes_raw())

    @cached_property
    def key_id(self) -> str:
        """By which others know the key."""
        return key_id_of(self.public_key)

    def sign(self, message: bytes) -> str:
        """Sign."""
        return urlsafe_b64encode(self.private_key.sign(message)).decode().rstrip("=")


def new_private_key() -> str:
    """Make a private key, as it is kept."""
    return write_key(Ed25519PrivateKey.generate().private_bytes_raw())


def read_identity(written: str) -> Identity:
    """The identity of a private key.

    Raises:
        ValueError: it hasn't the form; nothing of it is told.

    """
    return Identity(Ed25519PrivateKey.from_private_bytes(_raw(written)))


def checked_public_key(written: str) -> str:
    """Return the key when it is one.

    Raises:
        SettingsError: it isn't.

    """
    try:
        _public(written)
    except ValueError:
        raise SettingsError("a public key is " + PUBLIC_KEY_FORM) from None
    return written


def key_id_of(public_key: str) -> str:
    """128 bits of the key's hash in hex."""
    return hashlib.sha256(_public(public_key).public_bytes_raw()).hexdigest()[:32]


def is_signed(message: bytes, signature: str, public_key: str) -> bool:
    """Whether the key's owner signed the message."""
    try:
        given = urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        _public(public_key).verify(given, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def write_key(raw: bytes) -> str:
    """A key as text."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _public(written: str) -> Ed25519PublicKey:
    if not written.startswith(_MARK):
        raise ValueError("no key")
    return Ed25519PublicKey.from_public_bytes(_raw(written.removeprefix(_MARK)))


def _raw(written: str) -> bytes:
    try:
        raw = urlsafe_b64decode(written + "=")
    except (ValueError, binascii.Error):
        raw = b""
    # One spelling of each key, so that one key has one id.
    if len(raw) != _RAW_BYTES or write_key(raw) != written:
        raise ValueError("no key")
    return raw
