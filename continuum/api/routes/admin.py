"""Tenants and keys over HTTP, for the operator: the admin scope reaches beyond the key's own tenant."""

# FastAPI reads the annotations of routes when it runs, so their imports can't be for type checking only.
# ruff: noqa: TC001
from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Response

from continuum.api.answers import KeyAnswer, TenantAnswer, TenantsAnswer
from continuum.api.auth import Admin
from continuum.api.requests import KeyBody, RevokeBody, RotateBody
from continuum.api.services import OpenServices
from continuum.core.credentials import SCOPES, key_id
from continuum.core.errors import StorageError
from continuum.storage.keys import create_key, revoke_key, rotate_key
from continuum.storage.raising import raising
from continuum.storage.tenants import ensure_tenant, list_tenants

router = APIRouter()


@router.get("/tenants")
def tenants(_caller: Admin, services: OpenServices) -> TenantsAnswer:
    """All tenants, oldest first."""
    with raising(StorageError, "the tenants could not be read"), services.database.read() as connection:
        found = list_tenants(connection)
    return TenantsAnswer(
        tenants=[
            TenantAnswer(tenant_id=tenant.public_id, created_at=created_at) for tenant, created_at in found
        ]
    )


@router.post("/keys", status_code=201)
def make_key(body: KeyBody, _caller: Admin, services: OpenServices) -> KeyAnswer:
    """Make a key, and its tenant when it is new; the key is in this answer and nowhere else."""
    with raising(StorageError, "nothing was changed"), services.database.write() as connection:
        key = create_key(connection, ensure_tenant(connection, body.tenant), body.scopes, body.expires_at)
    scopes: list[str] = [scope for scope in SCOPES if scope in body.scopes]
    return KeyAnswer(
        key=key, key_id=key_id(key), scopes=scopes, expires_at=body.expires_at, tenant_id=body.tenant
    )


@router.post("/keys/rotate", status_code=201)
def rotate(body: RotateBody, _caller: Admin, services: OpenServices) -> KeyAnswer:
    """Make a key like another, which works on for the overlap; the new key is in this answer alone."""
    with raising(StorageError, "nothing was changed"), services.database.write() as connection:
        issued = rotate_key(connection, body.key_id, timedelta(seconds=body.overlap_seconds))
    return KeyAnswer(
        key=issued.key,
        key_id=key_id(issued.key),
        scopes=issued.scopes,
        expires_at=issued.expires_at,
        tenant_id=issued.tenant.public_id,
    )


@router.post("/keys/revoke", status_code=204)
def revoke(body: RevokeBody, _caller: Admin, services: OpenServices) -> Response:
    """Make a key useless from now on."""
    with raising(StorageError, "nothing was changed"), services.database.write() as connection:
        revoke_key(connection, body.key_id)
    return Response(status_code=204)
