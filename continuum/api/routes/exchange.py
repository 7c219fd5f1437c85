"""Export and import over HTTP, as lines of JSON."""

# FastAPI reads the annotations of routes when it runs, so their imports can't be for type checking only.
# ruff: noqa: TC001
from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Body
from fastapi.responses import StreamingResponse

from continuum.api.answers import ImportAnswer
from continuum.api.auth import Reader, Writer
from continuum.api.services import OpenServices

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

router = APIRouter()
MEDIA_TYPE = "application/x-ndjson"


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
def export(caller: Reader, services: OpenServices) -> StreamingResponse:
    """All memories of the tenant, a line each, oldest first, as they are read."""
    lines = services.engine.export(caller.tenant)
    return StreamingResponse(_ended(lines), media_type=MEDIA_TYPE)


@router.post("/import")
def import_lines(
    body: Annotated[bytes, Body(media_type=MEDIA_TYPE)], caller: Writer, services: OpenServices
) -> ImportAnswer:
    """Learn what an export wrote; send long ones in pieces that end with a line."""
    imported = services.engine.import_lines(caller.tenant, body.split(b"\n"))
    return ImportAnswer(**asdict(imported), tenant_id=caller.tenant.public_id)


def _ended(lines: Iterable[str]) -> Iterator[bytes]:
    for line in lines:
        yield line.encode() + b"\n"
