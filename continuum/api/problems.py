"""Problem details (RFC 9457): the form of every error that leaves the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.responses import JSONResponse

import telemetry

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA_TYPE = "application/problem+json"

# Two texts of 64 KiB whose every character is written as an escape of six bytes, metadata, and some room.
MAX_BODY_BYTES = 1024 * 1024
# What is learned or imported at once.
MAX_BATCH_BYTES = 4 * 1024 * 1024
DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {
        "description": "A problem (RFC 9457): which field is refused, and what it accepts; never what was sent",
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string", "pattern": "^urn:continuum:problem:"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "errors": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["field", "accepted"],
                                "properties": {"field": {"type": "string"}, "accepted": {"type": "string"}},
                            },
                        },
                        "line": {"type": "integer"},
                        "needed_scope": {"type": "string"},
                        "trace_id": {"type": "string"},
                    },
                }
            }
        },
    }
}
"""What every route answers when it refuses, for /openapi.json; the framework would name its own form instead."""
TOO_LARGE = (
    "request-too-large",
    f"a request has at most {MAX_BODY_BYTES} bytes, a batch or an import {MAX_BATCH_BYTES}",
)


def problem(
    status: int,
    kind: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> JSONResponse:
    """Build a problem response.

    Args:
        status: the HTTP status; its standard phrase becomes the title.
        kind: the last part of the problem's type, ``urn:continuum:problem:<kind>``.
        detail: constant words for a person; never a value from the request or from an exception.
        headers: sent with the response.
        members: further members of the problem, such as ``errors``.

    """
    body: dict[str, Any] = {
        "type": f"urn:continuum:problem:{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **members,
    }
    trace_id = telemetry.current_trace_id()
    if trace_id is not None:
        body["trace_id"] = trace_id
    return JSONResponse(body, status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)
