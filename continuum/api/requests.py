"""What a request may say: strict models, each field with the form that it accepts.

A field's description is what a client is told when the field is refused, so it states the accepted form and
nothing of the input is needed to explain an error.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from continuum.api.fields import (
    ID_FORM,
    IDEMPOTENCY_FORM,
    Id,
    Metadata,
    Role,
    Session,
    TenantName,
    Text,
    Time,
    occurred_at,
)
from continuum.core.credentials import SCOPES
from continuum.core.learning import MAX_BATCH
from continuum.core.provenance import IMPORTANCE_FORM, ROLE_FORM, SESSION_FORM, TIME_FORM
from continuum.core.records import CONTEXT_TOKENS, Filters, Note, Turn
from continuum.core.texts import TEXT_FORM


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class LearnBody(_Body):
    """A turn to remember."""

    user_message: Text
    ai_response: Text
    metadata: Metadata

    def turn(self) -> Turn:
        """The turn as the engine takes it; the metadata's ``session`` and ``occurred_at`` are provenance."""
        session = self.metadata.get("session")
        return Turn(
            user_message=self.user_message,
            ai_response=self.ai_response,
            session=session if isinstance(session, str) else None,
            occurred_at=occurred_at(self.metadata),
            metadata=dict(self.metadata),
        )


class NoteBody(_Body):
    """A text to remember by itself."""

    text: Text
    role: Role = Field(default="note", description=ROLE_FORM)
    importance: float = Field(default=0.5, ge=0, le=1, description=IMPORTANCE_FORM)
    metadata: Metadata

    def note(self) -> Note:
        """The note as the engine takes it."""
        session = self.metadata.get("session")
        return Note(
            text=self.text,
            role=self.role,
            session=session if isinstance(session, str) else None,
            occurred_at=occurred_at(self.metadata),
            metadata=dict(self.metadata),
            importance=self.importance,
        )


def _kind(item: Any) -> str:
    return "note" if isinstance(item, dict) and "text" in item else "turn"


class BatchBody(_Body):
    """Turns and notes to remember, all of them or none."""

    items: list[
        Annotated[Annotated[LearnBody, Tag("turn")] | Annotated[NoteBody, Tag("note")], Discriminator(_kind)]
    ] = Field(min_length=1, max_length=MAX_BATCH, description=f"a list of 1 to {MAX_BATCH} turns or notes")

    def entries(self) -> list[Turn | Note]:
        """The turns and notes as the engine takes them."""
        return [item.turn() if isinstance(item, LearnBody) else item.note() for item in self.items]


_CONTEXT_TOKENS = Field(
    default=CONTEXT_TOKENS,
    ge=0,
    le=100_000,
    description="a whole number from 0 to 100000, for about so many tokens",
)


class _FilterBody(_Body):
    # Said here once more: a description doesn't come through a union.
    session: Session | None = Field(default=None, description=SESSION_FORM)
    role: Role | None = Field(default=None, description=ROLE_FORM)
    concept: Text | None = Field(default=None, description=TEXT_FORM)
    since: Time | None = Field(default=None, description=TIME_FORM)
    until: Time | None = Field(default=None, description=TIME_FORM)

    def filters(self) -> Filters:
        """The filters as the engine takes them."""
        return Filters(self.session, self.role, self.concept, self.since, self.until)


class RecallBody(_FilterBody):
    """A question to the memory."""

    message: Text
    max_concepts: int = Field(default=10, ge=1, le=100, description="a whole number from 1 to 100")
    context_tokens: int = _CONTEXT_TOKENS


class SearchBody(_FilterBody):
    """Which memories to list."""

    words: Text | None = Field(default=None, description=TEXT_FORM)
    limit: int = Field(default=50, ge=1, le=100, description="a whole number from 1 to 100")
    cursor: str | None = Field(
        default=None, max_length=64, description="the next_cursor of the page before, as it was given"
    )


class SupersedeBody(_Body):
    """Which memory takes the place of which."""

    memory_id: Id
    by: Id


class ForgetBody(_Body):
    """What to erase: a memory or a session."""

    memory_id: Id | None = Field(default=None, description=ID_FORM)
    session: Session | None = Field(default=None, description=SESSION_FORM)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.memory_id is None) == (self.session is None):
            raise ValueError("not accepted")
        return self


class TurnBody(LearnBody):
    """A turn to remember, for whose user message memories are recalled first."""

    max_concepts: int = Field(default=10, ge=1, le=100, description="a whole number from 1 to 100")
    context_tokens: int = _CONTEXT_TOKENS


class KeyBody(_Body):
    """A key to make; the tenant is made too when it is new."""

    tenant: TenantName
    scopes: list[Literal["read", "write", "admin", "sync"]] = Field(
        default=["read", "write"],
        min_length=1,
        max_length=len(SCOPES),
        description="a list of one or more of read, write, admin, sync",
    )
    expires_at: Time | None = Field(default=None, description=TIME_FORM)


class RotateBody(_Body):
    """A key to replace."""

    key_id: str = Field(min_length=1, max_length=64, description="the id of a key")
    overlap_seconds: int = Field(
        default=86_400, ge=0, le=30 * 86_400, description="a whole number of seconds, at most 30 days"
    )


class RevokeBody(_Body):
    """A key to make useless."""

    key_id: str = Field(min_length=1, max_length=64, description="the id of a key")


class TenantBody(_Body):
    """A tenant to erase."""

    tenant: TenantName


class EntitiesQuery(BaseModel):
    """Which page of the entities."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    limit: int = Field(default=50, ge=1, le=500, description="a whole number from 1 to 500")
    offset: int = Field(default=0, ge=0, le=10_000_000, description="a whole number from 0 to 10000000")
    entity_type: Literal["name", "phrase", "topic", "decision"] | None = Field(
        default=None, description="one of name, phrase, topic, decision"
    )


_MODELS: tuple[type[BaseModel], ...] = (
    BatchBody,
    LearnBody,
    NoteBody,
    RecallBody,
    TurnBody,
    SearchBody,
    SupersedeBody,
    ForgetBody,
    KeyBody,
    RotateBody,
    RevokeBody,
    TenantBody,
    EntitiesQuery,
)
ACCEPTED_FORMS: dict[str, str] = {
    name: field.description or "" for model in _MODELS for name, field in model.model_fields.items()
}
ACCEPTED_FORMS["idempotency-key"] = IDEMPOTENCY_FORM
