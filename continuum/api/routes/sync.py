"""The exchange with other instances: changes of a tenant's log, for signed requests of its peers."""

# FastAPI reads the annotations of routes when it runs, so their imports can't be for type checking only.
# ruff: noqa: TC001
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response, Security
from fastapi.security import APIKeyHeader

from continuum.api.auth import HEADER, Writer, identify
from continuum.api.problems import problem
from continuum.api.services import OpenServices
from continuum.core.errors import AuthenticationError, MemoryNotFound, PermissionDenied, StorageError
from continuum.core.observed import Observed, synced_counts
from continuum.core.tenancy import Tenant
from continuum.core.uuid7 import is_uuid
from continuum.federation.batches import MAX_CHANGES, Batch, pack
from continuum.federation.cursors import LONGEST, LONGEST_KNOWN, read_known
from continuum.federation.errors import BatchRefused, SyncError, TenantForgotten
from continuum.federation.giving import give
from continuum.federation.taking import take
from continuum.federation.unpacking import unpack
from continuum.storage.operations import known_sequences
from continuum.storage.peers import Peer, acknowledgements, note_forgotten
from continuum.storage.raising import raising

if TYPE_CHECKING:
    from continuum.core.services import Services
    from continuum.federation.identity import Identity
    from continuum.federation.signing import Call, Signature

router = APIRouter(prefix="/sync")
MEDIA_TYPE: Final = "application/octet-stream"
_UNREAD: Final = "the log could not be read"
_header = APIKeyHeader(name=HEADER, auto_error=False)
_BODY: Final = {"requestBody": {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}
_ANSWER: Final = {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}


@dataclass(frozen=True)
class Calling:
    """A peer that may call, and for which tenant."""

    tenant: Tenant
    peer: Peer
    body: bytes


async def _calling(
    request: Request,
    services: OpenServices,
    background: BackgroundTasks,
    key: Annotated[str | None, Security(_header)] = None,
) -> Calling:
    body = await request.body()
    try:
        caller = await identify(request, background)
    except AuthenticationError:
        if key is not None:
            await to_thread.run_sync(_tell_forgotten, request, services, body, key)
        raise
    if "sync" not in caller.scopes:
        raise PermissionDenied("the API key lacks the needed scope", scope="sync")
    peer = await to_thread.run_sync(_admit, request, services, caller.tenant, body, key or "")
    return Calling(caller.tenant, peer, body)


Peering = Annotated[Calling, Depends(_calling)]


@router.get("/changes", response_class=Response, responses=_ANSWER)  # type: ignore[arg-type]  # FastAPI's keys are int or str
def changes(
    request: Request,
    calling: Peering,
    services: OpenServices,
    *,
    cursor: Annotated[str, Query(max_length=LONGEST)] = "",
    limit: Annotated[int, Query(ge=0, le=MAX_CHANGES)] = MAX_CHANGES,
    known: Annotated[str, Query(max_length=LONGEST_KNOWN)] = "",
) -> Response:
    """Operations after a cursor, as a gzipped batch that says where the next one begins."""
    with Observed("sync_push", calling.tenant, peer=calling.peer.key_id) as observed:
        batch = give(
            services.database,
            calling.tenant,
            calling.peer,
            cursor,
            limit=limit,
            known_there=read_known(known),
        )
        observed.tell(synced_counts(records=sum(change.said is not None for change in batch.changes)))
    return _signed(request, pack(batch))


@router.post("/changes", response_class=Response, responses=_ANSWER, openapi_extra=_BODY)  # type: ignore[arg-type]  # as above
def apply_changes(request: Request, calling: Peering, services: OpenServices) -> Response:
    """Take a batch as a whole; the answer is a batch without changes, which says what is known here now."""
    with Observed("sync_pull", calling.tenant, peer=calling.peer.key_id) as observed:
        taken = take(services, calling.tenant, calling.peer, unpack(calling.body))
        observed.tell(synced_counts(records=taken.made, known=taken.known, erased=taken.erased))
    with raising(StorageError, _UNREAD), services.database.read(calling.tenant) as connection:
        known = known_sequences(connection, calling.tenant)
    return _signed(request, pack(Batch(services.database.instance_id, known, [])))


@router.delete("/changes", response_class=Response, responses=_ANSWER)  # type: ignore[arg-type]  # as above
def forget_tenant(request: Request, calling: Peering, services: OpenServices) -> Response:
    """Erase the tenant here, because it was erased at the peer."""
    services.engine.forget_tenant(calling.tenant)
    return _signed(request, pack(Batch(services.database.instance_id, {}, [])))


@router.get("/receipts/{receipt_id}")
def receipt(receipt_id: str, caller: Writer, services: OpenServices) -> dict[str, dict[str, bool]]:
    """Which peers have erased what the receipt is about, by the ids of their keys."""
    # Before the database sees it: what is no id may hold characters that it can't take.
    if not is_uuid(receipt_id):
        raise MemoryNotFound("no such receipt")
    with raising(StorageError, _UNREAD), services.database.read(caller.tenant) as connection:
        found = acknowledgements(connection, caller.tenant, receipt_id)
    if found is None:
        raise MemoryNotFound("no such receipt")
    return {"acknowledged": found}


async def refuse(request: Request, error: Exception) -> Response:
    """A problem for an error of federation; signed, once the request's own signature was found good."""
    status, kind = (error.status, error.kind) if isinstance(error, SyncError) else (500, "internal-error")
    members = error.values if isinstance(error, BatchRefused) else {}
    answer = problem(status, kind, str(error), headers=None, **members)
    answer.headers.update(_signature(request, status, bytes(answer.body)))
    return answer


def _admit(request: Request, services: Services, tenant: Tenant, body: bytes, key: str) -> Peer:
    from continuum.federation.admission import admit

    identity, signature, call = _signed_call(request, body, key)
    peer = admit(services.database, tenant, identity, signature, call)
    request.state.sync_signing = identity, signature.nonce
    return peer


def _tell_forgotten(request: Request, services: Services, body: bytes, key: str) -> None:
    """Raise TenantForgotten for a former peer of a tenant that was erased."""
    from continuum.federation.admission import admit_to_forget

    try:
        identity, signature, call = _signed_call(request, body, key)
        found = admit_to_forget(services.database, identity, signature, call)
    except SyncError:
        return  # as for any other key that isn't good
    if found is not None:
        request.state.sync_signing = identity, signature.nonce
        with services.database.write() as connection:
            note_forgotten(connection, found)
        raise TenantForgotten("the tenant was erased")


def _signed_call(request: Request, body: bytes, key: str) -> tuple[Identity, Signature, Call]:
    from continuum.federation.keyfiles import load_identity
    from continuum.federation.signing import HEADER, Call, read_signature

    signature = read_signature(request.headers.get(HEADER))
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    query = request.scope["query_string"].decode("latin-1")
    return (
        load_identity(request.app.state.sync_settings),
        signature,
        Call(request.method, path, query, body, key),
    )


def _signed(request: Request, body: bytes) -> Response:
    return Response(body, media_type=MEDIA_TYPE, headers=_signature(request, 200, body))


def _signature(request: Request, status: int, body: bytes) -> dict[str, str]:
    signing = getattr(request.state, "sync_signing", None)
    if signing is None:
        return {}
    from continuum.federation.signing import HEADER, sign_answer

    identity, nonce = signing
    return {HEADER: sign_answer(identity, nonce, status, body)}
