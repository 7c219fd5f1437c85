"""Which provenance is accepted: session, time, role, importance and metadata, each with its form."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from continuum.core.errors import InvalidProvenance
from continuum.core.records import ROLES
from continuum.core.texts import is_storable

if TYPE_CHECKING:
    from datetime import datetime

MAX_METADATA_BYTES = 8 * 1024
MAX_SESSION_CHARACTERS = 200
SESSION_FORM = f"text of 1 to {MAX_SESSION_CHARACTERS} characters, without NUL or lone surrogates"
TIME_FORM = "an ISO 8601 time with offset"
ROLE_FORM = "one of " + ", ".join(ROLES)
IMPORTANCE_FORM = "a number from 0 to 1"
METADATA_FORM = f"an object of at most {MAX_METADATA_BYTES} bytes as JSON, without NUL or lone surrogates"


def checked_session(session: object) -> str | None:
    """Return the name when it has the accepted form."""
    if session is None:
        return None
    if isinstance(session, str) and 0 < len(session) <= MAX_SESSION_CHARACTERS and is_storable(session):
        return session
    raise InvalidProvenance("a session is " + SESSION_FORM)


def checked_time(moment: datetime | None) -> datetime | None:
    """Return the time when it is aware, and in the years 1 to 9999 as UTC too."""
    if moment is None:
        return None
    try:
        if moment.utcoffset() is not None:
            moment.astimezone(UTC)
            return moment
    except OverflowError:
        pass
    raise InvalidProvenance("a time is " + TIME_FORM)


def checked_role(role: str) -> str:
    """Return the role when it is one."""
    if role in ROLES:
        return role
    raise InvalidProvenance("a role is " + ROLE_FORM)


def checked_importance(importance: object) -> float:
    """Return the number when it is in range; NaN isn't."""
    if isinstance(importance, int | float) and 0 <= importance <= 1:
        return float(importance)
    raise InvalidProvenance("an importance is " + IMPORTANCE_FORM)


def checked_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the object when it can be written as JSON and isn't too large."""
    try:
        written = json.dumps(metadata, ensure_ascii=False, allow_nan=False)
        strings = "".join(_strings(metadata))
    except (TypeError, ValueError, RecursionError):
        # The error may quote the value: no cause.
        raise InvalidProvenance("metadata is " + METADATA_FORM) from None
    if not is_storable(written + strings) or len(written.encode()) > MAX_METADATA_BYTES:
        raise InvalidProvenance("metadata is " + METADATA_FORM)
    return metadata


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*map(str, value), *(text for part in value.values() for text in _strings(part))]
    if isinstance(value, list | tuple):
        return [text for part in value for text in _strings(part)]
    return []
