"""Tenants and keys over HTTP, for the operator: the admin scope reaches beyond the key's own tenant."""

# FastAPI reads the annotations of routes when it runs, so their imports can't be for type checking only.
# ruff: noqa: TC001
from __future__ import annotations

from fastapi import APIRouter

from continuum.api.answers import KeyAnswer, TenantAnswer, TenantsAnswer
from continuum.api.auth import Admin
from continuum.api.requests import KeyBody
from continuum.api.services import OpenServices
from continuum.core.credentials import SCOPES, key_id
from continuum.storage.keys import create_key
from continuum.storage.tenants import ensure_tenant, list_tenants

router = APIRouter()


@router.get("/tenants")
def tenants(_caller: Admin, services: OpenServices) -> TenantsAnswer:
    """All tenants, oldest first."""
    with services.database.read() as connection:
        found = list_tenants(connection)
    return TenantsAnswer(
        tenants=[
            TenantAnswer(tenant_id=tenant.public_id, created_at=created_at) for tenant, created_at in found
        ]
    )


@router.post("/keys", status_code=201)
def make_key(body: KeyBody, _caller: Admin, services: OpenServices) -> KeyAnswer:
    """Make a key, and its tenant when it is new; the key is in this answer and nowhere else."""
    with services.database.write() as connection:
        key = create_key(connection, ensure_tenant(connection, body.tenant), body.scopes)
    scopes: list[str] = [scope for scope in SCOPES if scope in body.scopes]
    return KeyAnswer(key=key, key_id=key_id(key), scopes=scopes, tenant_id=body.tenant)
