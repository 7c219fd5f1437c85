"""What a request may say: strict models, each field with the form that it accepts.

A field's description is what a client is told when the field is refused, so it states the accepted form and
nothing of the input is needed to explain an error.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from continuum.core.credentials import SCOPES
from continuum.core.errors import ContinuumError
from continuum.core.records import Turn
from continuum.core.tenancy import TENANT_FORM, checked_tenant_name
from continuum.core.texts import TEXT_FORM, checked_text, is_storable

MAX_METADATA_BYTES = 8 * 1024
MAX_SESSION_CHARACTERS = 200
METADATA_FORM = (
    f"an object of at most {MAX_METADATA_BYTES} bytes as JSON, without NUL or lone surrogates;"
    f" `session`, when there, is text of at most {MAX_SESSION_CHARACTERS} characters,"
    " and `occurred_at` an ISO 8601 time with offset"
)


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
    written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not is_storable(written) or not is_storable("".join(_strings(value))):
        raise ValueError("not accepted")
    if len(written.encode()) > MAX_METADATA_BYTES:
        raise ValueError("not accepted")
    session = value.get("session")
    if session is not None and not (isinstance(session, str) and 0 < len(session) <= MAX_SESSION_CHARACTERS):
        raise ValueError("not accepted")
    _occurred_at(value)
    return value


def _strings(value: JsonValue) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*value, *(text for part in value.values() for text in _strings(part))]
    if isinstance(value, list):
        return [text for part in value for text in _strings(part)]
    return []


def _occurred_at(metadata: dict[str, Any]) -> datetime | None:
    value = metadata.get("occurred_at")
    if value is None:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("not accepted")
    return moment


Text = Annotated[str, AfterValidator(_text), Field(description=TEXT_FORM)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class LearnBody(_Body):
    """A turn to remember."""

    user_message: Text
    ai_response: Text
    metadata: Annotated[
        dict[str, JsonValue],
        AfterValidator(_metadata),
        Field(default_factory=dict, description=METADATA_FORM),
    ]

    def turn(self) -> Turn:
        """The turn as the engine takes it; the metadata's ``session`` and ``occurred_at`` are provenance."""
        session = self.metadata.get("session")
        return Turn(
            user_message=self.user_message,
            ai_response=self.ai_response,
            session=session if isinstance(session, str) else None,
            occurred_at=_occurred_at(self.metadata),
            metadata=dict(self.metadata),
        )


class RecallBody(_Body):
    """A question to the memory."""

    message: Text
    max_concepts: int = Field(default=10, ge=1, le=100, description="a whole number from 1 to 100")


class TurnBody(LearnBody):
    """A turn to remember, for whose user message memories are recalled first."""

    max_concepts: int = Field(default=10, ge=1, le=100, description="a whole number from 1 to 100")


class KeyBody(_Body):
    """A key to make; the tenant is made too when it is new."""

    tenant: Annotated[str, AfterValidator(_tenant), Field(description=TENANT_FORM)]
    scopes: list[Literal["read", "write", "admin"]] = Field(
        default=["read", "write"],
        min_length=1,
        max_length=len(SCOPES),
        description="a list of one or more of read, write, admin",
    )


class EntitiesQuery(BaseModel):
    """Which page of the entities."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    limit: int = Field(default=50, ge=1, le=500, description="a whole number from 1 to 500")
    offset: int = Field(default=0, ge=0, le=10_000_000, description="a whole number from 0 to 10000000")
    entity_type: Literal["name", "phrase", "topic", "decision"] | None = Field(
        default=None, description="one of name, phrase, topic, decision"
    )


ACCEPTED_FORMS: dict[str, str] = {
    name: field.description or ""
    for model in (LearnBody, RecallBody, TurnBody, KeyBody, EntitiesQuery)
    for name, field in model.model_fields.items()
}
