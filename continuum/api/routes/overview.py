"""What a tenant has stored, over HTTP."""

# FastAPI reads the annotations of routes when it runs, so their imports can't be for type checking only.
# ruff: noqa: TC001
from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from continuum.api.answers import EntitiesAnswer, EntityAnswer, StatsAnswer
from continuum.api.auth import Reader
from continuum.api.requests import EntitiesQuery
from continuum.api.services import OpenServices

router = APIRouter()


@router.get("/stats")
def stats(caller: Reader, services: OpenServices) -> StatsAnswer:
    """How much the tenant has stored."""
    return StatsAnswer(**asdict(services.engine.stats(caller.tenant)), tenant_id=caller.tenant.public_id)


@router.get("/entities")
def entities(
    page: Annotated[EntitiesQuery, Query()], caller: Reader, services: OpenServices
) -> EntitiesAnswer:
    """The tenant's concepts, most mentioned first."""
    found, total = services.engine.entities(
        caller.tenant, limit=page.limit, offset=page.offset, entity_type=page.entity_type
    )
    return EntitiesAnswer(
        entities=[EntityAnswer.model_validate(entity) for entity in found],
        total=total,
        limit=page.limit,
        offset=page.offset,
        tenant_id=caller.tenant.public_id,
    )
