"""Whether the process answers; asks nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter

from continuum import __version__
from continuum.api.answers import HealthAnswer

router = APIRouter()


@router.get("/health")
async def health() -> HealthAnswer:
    """Answer without key and without touching the database."""
    return HealthAnswer(version=__version__, timestamp=datetime.now(UTC))
