"""The fields of requests: their types, and the form that each accepts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue

from continuum.core.errors import ContinuumError
from continuum.core.provenance import (
    MAX_SESSION_CHARACTERS,
    METADATA_FORM,
    SESSION_FORM,
    TIME_FORM,
    checked_metadata,
    checked_session,
    checked_time,
)
from continuum.core.tenancy import TENANT_FORM, checked_tenant_name
from continuum.core.texts import TEXT_FORM, checked_text

PROVENANCE_FORM = (
    f"{METADATA_FORM}; `session`, when there, is text of at most {MAX_SESSION_CHARACTERS} characters,"
    f" and `occurred_at` {TIME_FORM}"
)
ID_FORM = "the id of a memory"
IDEMPOTENCY_FORM = "text of 1 to 200 characters"


def _text(value: str) -> str:
    try:
        return checked_text(value)
    except ContinuumError as error:
        raise ValueError("not accepted") from error


def _tenant(value: str) -> str:
    try:
        return checked_tenant_name(value)
    except ContinuumError as error:
        raise ValueError("not accepted") from error


def _metadata(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    session = value.get("session")
    if session is not None and not isinstance(session, str):
        raise ValueError("not accepted")
    try:
        checked_session(session)
        checked_metadata(value)
    except ContinuumError as error:
        raise ValueError("not accepted") from error
    occurred_at(value)
    return value


def _session(value: str) -> str:
    try:
        checked_session(value)
    except ContinuumError as error:
        raise ValueError("not accepted") from error
    return value


def _time(value: datetime) -> datetime:
    try:
        checked_time(value)
    except ContinuumError as error:
        raise ValueError("not accepted") from error
    return value


def occurred_at(metadata: dict[str, Any]) -> datetime | None:
    """When the metadata says that it happened."""
    value = metadata.get("occurred_at")
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("not accepted")  # noqa: TRY004 - pydantic takes a ValueError for a refusal
    return _time(datetime.fromisoformat(value))


Text = Annotated[str, AfterValidator(_text), Field(description=TEXT_FORM)]
Metadata = Annotated[
    dict[str, JsonValue], AfterValidator(_metadata), Field(default_factory=dict, description=PROVENANCE_FORM)
]
Session = Annotated[str, AfterValidator(_session), Field(description=SESSION_FORM)]
Role = Literal["user", "assistant", "system", "tool", "note"]
# JSON has no times: they come as text whatever strict models say.
Time = Annotated[AwareDatetime, AfterValidator(_time), Field(strict=False, description=TIME_FORM)]
Id = Annotated[str, Field(min_length=1, max_length=64, description=ID_FORM)]
TenantName = Annotated[str, AfterValidator(_tenant), Field(description=TENANT_FORM)]
