"""From exceptions to problem responses. Nothing is captured here: telemetry's ASGI boundary does that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from continuum.api.problems import TOO_LARGE, problem
from continuum.api.requests import ACCEPTED_FORMS
from continuum.core.errors import (
    AuthenticationError,
    BatchTooLarge,
    ContinuumError,
    IdempotencyConflict,
    InvalidFilter,
    InvalidProvenance,
    InvalidRecord,
    InvalidSuccession,
    InvalidText,
    KeyNotFound,
    MemoryNotFound,
    PermissionDenied,
    RateLimited,
    TenantNotFound,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse


_HTTP_PROBLEMS = {
    400: (
        "bad-request",
        "the body can't be read: send JSON in UTF-8, uncompressed and not nested too deeply",
    ),
    404: ("not-found", "no such resource"),
    405: ("method-not-allowed", "this resource has no such method"),
    413: TOO_LARGE,
}
_DOMAIN_PROBLEMS: dict[type[ContinuumError], tuple[int, str]] = {
    BatchTooLarge: (422, "batch-too-large"),
    IdempotencyConflict: (409, "idempotency-conflict"),
    InvalidFilter: (422, "invalid-filter"),
    InvalidProvenance: (422, "invalid-provenance"),
    InvalidRecord: (422, "invalid-record"),
    InvalidSuccession: (409, "invalid-succession"),
    InvalidText: (422, "invalid-text"),
    KeyNotFound: (404, "key-not-found"),
    MemoryNotFound: (404, "memory-not-found"),
    TenantNotFound: (404, "tenant-not-found"),
}


def install_error_handlers(app: FastAPI) -> None:
    """Make every error of the application a problem response."""

    @app.exception_handler(AuthenticationError)
    async def unauthenticated(_request: Request, _error: Exception) -> JSONResponse:
        detail = "a valid API key is needed in the header X-API-Key"
        return problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": "ApiKey"})

    @app.exception_handler(PermissionDenied)
    async def denied(_request: Request, error: PermissionDenied) -> JSONResponse:
        scope = error.values.get("scope")
        return problem(403, "scope-missing", "the API key lacks the needed scope", needed_scope=scope)

    @app.exception_handler(RateLimited)
    async def limited(_request: Request, error: RateLimited) -> JSONResponse:
        seconds = str(error.values.get("seconds"))
        detail = (
            "the API key has made too many requests; the header Retry-After says in how many seconds to try"
        )
        return problem(429, "rate-limited", detail, headers={"Retry-After": seconds})

    for kind, (status, name) in _DOMAIN_PROBLEMS.items():
        app.add_exception_handler(kind, _answering(status, name))

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        detail = "the request does not have the accepted form"
        return problem(422, "invalid-request", detail, errors=_refused(error.errors()))

    @app.exception_handler(HTTPException)
    async def http_error(_request: Request, error: HTTPException) -> JSONResponse:
        # The framework's own details may quote the request: ours are constant.
        kind, detail = _HTTP_PROBLEMS.get(
            error.status_code, (f"http-{error.status_code}", "the request failed")
        )
        return problem(error.status_code, kind, detail, headers=error.headers)

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, _error: Exception) -> JSONResponse:
        return problem(500, "internal-error", "something went wrong on our side")


def _answering(status: int, name: str) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    async def answer(_request: Request, error: Exception) -> JSONResponse:
        # Messages of our own errors are constant words; a line's number is the only value told.
        values = error.values if isinstance(error, ContinuumError) else {}
        if "line" in values:
            return problem(status, name, str(error), line=values["line"])
        return problem(status, name, str(error))

    return answer


def _refused(errors: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Which fields were refused and what they accept; built from our own words, never from the input.

    A location may hold keys that the client made up; only names of fields that exist are repeated.
    """
    refused: dict[str, str] = {}
    for error in errors:
        location = [str(part) for part in error["loc"]]
        item = ""
        if location[1:2] == ["items"] and len(location) > 3:
            item, location = f"items[{location[2]}].", ["body", *location[3:]]
        field = next((part for part in location[1:] if part in ACCEPTED_FORMS), None)
        if error["type"] == "extra_forbidden":
            refused[location[0]] = "only the fields of the model in /openapi.json"
        elif error["type"] == "missing" and field is not None:
            refused[item + field] = "required: " + ACCEPTED_FORMS[field]
        elif field is not None:
            refused[item + field] = ACCEPTED_FORMS[field]
        elif item:
            refused[item.removesuffix(".")] = "a turn or a note as in /openapi.json"
        else:
            refused["body"] = "a JSON object as in /openapi.json, sent with Content-Type: application/json"
    return [{"field": field, "accepted": accepted} for field, accepted in refused.items()]
