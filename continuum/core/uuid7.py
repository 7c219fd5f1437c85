"""Time-ordered identifiers: UUID version 7 of RFC 9562, which the standard library has only since 3.14."""

from __future__ import annotations

import secrets
import time
import uuid

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62


def uuid7() -> uuid.UUID:
    """Make an identifier of 48 bits of Unix time in milliseconds and 74 random bits (RFC 9562, 5.7)."""
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    return uuid.UUID(
        int=milliseconds << 80 | _VERSION | secrets.randbits(12) << 64 | _VARIANT | secrets.randbits(62)
    )


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID as identifiers are written here: lower case, with dashes."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
