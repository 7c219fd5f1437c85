"""Learning, recalling and forgetting over HTTP."""

# FastAPI reads the annotations of routes when it runs, so their imports can't be for type checking only.
# ruff: noqa: TC001
from __future__ import annotations

import time
from dataclasses import asdict

from fastapi import APIRouter, Response

from continuum.api.answers import LearnAnswer, MemoryAnswer, RecallAnswer, TurnAnswer, context_of
from continuum.api.auth import Reader, Writer
from continuum.api.requests import LearnBody, RecallBody, TurnBody
from continuum.api.services import OpenServices
from continuum.core.errors import PermissionDenied
from continuum.core.records import Turn
from continuum.core.services import Services
from continuum.core.tenancy import Tenant

router = APIRouter()


@router.post("/learn")
def learn(body: LearnBody, caller: Writer, services: OpenServices) -> LearnAnswer:
    """Remember a turn."""
    return _learn(services, caller.tenant, body.turn())


@router.post("/recall")
def recall(body: RecallBody, caller: Reader, services: OpenServices) -> RecallAnswer:
    """Find what is remembered about a message."""
    return _recall(services, caller.tenant, body.message, body.max_concepts)


@router.post("/turn")
def turn(body: TurnBody, caller: Writer, services: OpenServices) -> TurnAnswer:
    """Recall for the user's message, then remember the turn; needs both scopes."""
    if "read" not in caller.scopes:
        raise PermissionDenied("the API key lacks the needed scope", scope="read")
    recalled = _recall(services, caller.tenant, body.user_message, body.max_concepts)
    learned = _learn(services, caller.tenant, body.turn())
    return TurnAnswer(recall=recalled, learn=learned, tenant_id=caller.tenant.public_id)


@router.delete("/memories/{memory_id}", status_code=204)
def forget(memory_id: str, caller: Writer, services: OpenServices) -> Response:
    """Erase a memory from table, index and cache."""
    services.engine.forget(caller.tenant, memory_id)
    return Response(status_code=204)


def _learn(services: Services, tenant: Tenant, turn: Turn) -> LearnAnswer:
    return LearnAnswer(**asdict(services.engine.learn(tenant, turn)), tenant_id=tenant.public_id)


def _recall(services: Services, tenant: Tenant, message: str, limit: int) -> RecallAnswer:
    begin = time.perf_counter()
    recalled = services.engine.recall(tenant, message, limit)
    milliseconds = round((time.perf_counter() - begin) * 1000, 2)
    return RecallAnswer(
        context=context_of(recalled),
        memories=[MemoryAnswer.model_validate(memory) for memory in recalled.memories],
        concepts_found=recalled.concepts_found,
        relationships_found=recalled.relationships_found,
        query_time_ms=milliseconds,
        tenant_id=tenant.public_id,
    )
