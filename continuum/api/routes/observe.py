"""Telemetry over HTTP, for the operator: what runs, and a try whether errors arrive."""

# FastAPI reads the annotations of routes when it runs, so their imports can't be for type checking only.
# ruff: noqa: TC001
from __future__ import annotations

from typing import Any

from fastapi import APIRouter

import telemetry
from continuum.api.auth import Admin
from continuum.api.services import OpenServices
from continuum.core.selftest import raise_test_error

router = APIRouter(prefix="/telemetry")


@router.get("/status")
def status(_caller: Admin) -> dict[str, Any]:
    """What telemetry is running, what it delivered and what it lost."""
    return telemetry.status()


@router.post("/test-error", status_code=500)
def test_error(caller: Admin, services: OpenServices) -> None:
    """Do a little work in the database and fail, as an unexpected error would."""
    raise_test_error(services.database, caller.tenant)
