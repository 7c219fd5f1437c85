"""Forgetting over HTTP, with receipts."""

# FastAPI reads the annotations of routes when it runs, so their imports can't be for type checking only.
# ruff: noqa: TC001
from __future__ import annotations

from fastapi import APIRouter, Response

from continuum.api.answers import ReceiptAnswer
from continuum.api.auth import Admin, Writer
from continuum.api.requests import ForgetBody, TenantBody
from continuum.api.services import OpenServices
from continuum.core.errors import StorageError
from continuum.storage.raising import raising
from continuum.storage.tenants import find_tenant

router = APIRouter()


@router.delete("/memories/{memory_id}", status_code=204)
def forget(memory_id: str, caller: Writer, services: OpenServices) -> Response:
    """Erase a memory from table, index and cache."""
    services.engine.forget(caller.tenant, memory_id)
    return Response(status_code=204)


@router.post("/forget")
def forget_with_receipt(body: ForgetBody, caller: Writer, services: OpenServices) -> ReceiptAnswer:
    """Erase a memory, or what was said in a session and nowhere else."""
    if body.session is not None:
        receipt = services.engine.forget_session(caller.tenant, body.session)
    else:
        receipt = services.engine.forget(caller.tenant, body.memory_id or "")
    return ReceiptAnswer.model_validate(receipt)


@router.post("/tenants/forget")
def forget_tenant(body: TenantBody, _caller: Admin, services: OpenServices) -> ReceiptAnswer:
    """Erase a tenant with everything it has, its keys and its name included; for the operator."""
    with raising(StorageError, "nothing was erased"), services.database.read() as connection:
        tenant = find_tenant(connection, body.tenant)
    return ReceiptAnswer.model_validate(services.engine.forget_tenant(tenant))
