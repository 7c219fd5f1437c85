"""Learning, recalling and superseding over HTTP."""

# FastAPI reads the annotations of routes when it runs, so their imports can't be for type checking only.
# ruff: noqa: TC001
from __future__ import annotations

import time
from dataclasses import asdict
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from continuum.api.answers import (
    FoundAnswer,
    LearnAnswer,
    MemoryAnswer,
    RecallAnswer,
    SearchAnswer,
    TurnAnswer,
)
from continuum.api.auth import Reader, Writer
from continuum.api.fields import IDEMPOTENCY_FORM
from continuum.api.requests import (
    BatchBody,
    LearnBody,
    NoteBody,
    RecallBody,
    SearchBody,
    SupersedeBody,
    TurnBody,
)
from continuum.api.services import OpenServices, promptness_of, services_of
from continuum.core.errors import PermissionDenied
from continuum.core.records import Filters, Note, Turn
from continuum.core.services import Services
from continuum.core.tenancy import Tenant

router = APIRouter()

# What a question has that nobody made long on purpose.
_USUAL_CHARACTERS = 300
_USUAL = 20
_EVERYTHING = Filters()

IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=200, description=IDEMPOTENCY_FORM)]


@router.post("/learn")
def learn(
    body: LearnBody, caller: Writer, services: OpenServices, idempotency_key: IdempotencyKey = None
) -> LearnAnswer:
    """Remember a turn."""
    return _learn(services, caller.tenant, body.turn(), key=idempotency_key)


@router.post("/learn/batch")
def learn_batch(
    body: BatchBody, caller: Writer, services: OpenServices, idempotency_key: IdempotencyKey = None
) -> LearnAnswer:
    """Remember up to 1,000 turns and notes, all of them or none."""
    return _learn(services, caller.tenant, *body.entries(), key=idempotency_key)


@router.post("/memories")
def learn_note(
    body: NoteBody, caller: Writer, services: OpenServices, idempotency_key: IdempotencyKey = None
) -> LearnAnswer:
    """Remember one text by itself."""
    return _learn(services, caller.tenant, body.note(), key=idempotency_key)


# The request itself instead of what FastAPI would find in it: each dependency costs as much as the body's model.
@router.post("/recall")
async def recall(body: RecallBody, caller: Reader, request: Request) -> RecallAnswer:
    """Find what is remembered about a message."""
    services = services_of(request)
    filters = body.filters()
    is_usual = (
        filters == _EVERYTHING and len(body.message) <= _USUAL_CHARACTERS and body.max_concepts <= _USUAL
    )
    work = partial(_recall, services, caller.tenant, body.message, body, filters)
    may_be_long = not (is_usual and services.engine.answers_at_once)
    return await promptness_of(request).run(caller.tenant, work, may_be_long=may_be_long)


@router.post("/turn")
def turn(
    body: TurnBody, caller: Writer, services: OpenServices, idempotency_key: IdempotencyKey = None
) -> TurnAnswer:
    """Recall for the user's message, then remember the turn; needs both scopes."""
    if "read" not in caller.scopes:
        raise PermissionDenied("the API key lacks the needed scope", scope="read")
    recalled = _recall(services, caller.tenant, body.user_message, body, Filters())
    learned = _learn(services, caller.tenant, body.turn(), key=idempotency_key)
    return TurnAnswer(recall=recalled, learn=learned, tenant_id=caller.tenant.public_id)


# POST, because filters and words are content, and content in an address stands in every log on the way.
@router.post("/search")
def search(body: SearchBody, caller: Reader, services: OpenServices) -> SearchAnswer:
    """List memories, newest first, page by page."""
    page = services.engine.search(
        caller.tenant, body.filters(), words=body.words, limit=body.limit, cursor=body.cursor
    )
    return SearchAnswer(
        memories=[FoundAnswer.model_validate(memory) for memory in page.memories],
        next_cursor=page.next_cursor,
        tenant_id=caller.tenant.public_id,
    )


@router.post("/supersede", status_code=204)
def supersede(body: SupersedeBody, caller: Writer, services: OpenServices) -> Response:
    """Let one memory take the place of another."""
    services.engine.supersede(caller.tenant, body.memory_id, body.by)
    return Response(status_code=204)


def _learn(services: Services, tenant: Tenant, *items: Turn | Note, key: str | None) -> LearnAnswer:
    learned = services.engine.learn(tenant, *items, idempotency_key=key)
    return LearnAnswer(**asdict(learned), tenant_id=tenant.public_id)


def _recall(
    services: Services, tenant: Tenant, message: str, wanted: RecallBody | TurnBody, filters: Filters
) -> RecallAnswer:
    begin = time.perf_counter()
    recalled = services.engine.recall(tenant, message, wanted.max_concepts, filters)
    milliseconds = round((time.perf_counter() - begin) * 1000, 2)
    return RecallAnswer(
        context=recalled.context(wanted.context_tokens),
        memories=[MemoryAnswer.model_validate(memory) for memory in recalled.memories],
        concepts_found=recalled.concepts_found,
        relationships_found=recalled.relationships_found,
        query_time_ms=milliseconds,
        tenant_id=tenant.public_id,
    )
