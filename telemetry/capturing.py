"""Captures exceptions and messages on request: one event each, linked to the current span, which is marked."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan

from telemetry import trace_scope
from telemetry.bindings import fingerprint, pseudonymous
from telemetry.marking import mark_span
from telemetry.privacy.scrub import marker, names_somebody

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from telemetry.pipeline import Pipeline


def capture(
    pipeline: Pipeline,
    error: BaseException | None,
    *,
    level: str | None = None,
    tags: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
    query: str | None = None,
    tenant: str | None = None,
) -> str | None:
    """One event for an exception, by default the one that is being handled; its id, None when there is none.

    Args:
        pipeline: what captures.
        error: the exception.
        level: Sentry's word for how bad it is.
        tags: see ``telemetry.tags``; for this event alone.
        extra: further data; text under keys that nobody knows is replaced.
        query: what somebody asked: its length and a keyed fingerprint are sent, and it may stand nowhere.
        tenant: whose work failed, where the running trace doesn't say; for this event alone.

    """
    with pipeline.guard("error capture"):
        error = sys.exc_info()[1] if error is None else error
        if not isinstance(error, BaseException):
            return None
        mark_span(trace.get_current_span(), error)
        if pipeline.errors is None:
            return None
        request = transaction_of(trace_scope.current())
        if query is None and not tenant and not tags:
            return pipeline.errors.capture(
                error, handled=True, transaction=request, level=level, extra=_without_names(extra)
            )
        with _alone() as scope:
            if tenant and scope.tenant is None:
                pipeline.bind_tenant(tenant)
            more = _without_names(extra)
            if isinstance(query, str):
                scope.register((query,))
                more["continuum.query.length"] = len(query)
                more["continuum.query.hash"] = fingerprint(pipeline.pseudonyms, query)
            known = pseudonymous(pipeline, _entries(tags), scope)
            return pipeline.errors.capture(
                error, handled=True, transaction=request, level=level, tags=known, extra=more
            )
    return None


def capture_message(
    pipeline: Pipeline,
    message: str,
    *,
    level: str,
    tags: Mapping[str, Any] | None,
    extra: Mapping[str, Any] | None,
    place: tuple[str, int],
) -> str | None:
    """One event for a message that was said at a place, file and line; its id, None when there is none."""
    with pipeline.guard("error capture"):
        if pipeline.errors is None:
            return None
        with _alone() as scope:
            known = pseudonymous(pipeline, _entries(tags), scope)
            return pipeline.errors.capture_message(
                message, place, level=level, tags=known, extra=_without_names(extra)
            )
    return None


def transaction_of(scope: trace_scope.TraceScope | None) -> str | None:
    """``METHOD /route/{template}`` of the request that a scope belongs to; None where no request is recorded."""
    first = next(iter(scope.steps), None) if scope is not None else None
    if isinstance(first, ReadableSpan) and first.kind is trace.SpanKind.SERVER:
        return first.name
    return None


@contextmanager
def _alone() -> Iterator[trace_scope.TraceScope]:
    """A scope for one event: nothing that is learned for it sticks to the running trace."""
    running = trace_scope.current()
    scope = trace_scope.TraceScope() if running is None else running.fork()
    before = trace_scope.enter(scope)
    try:
        yield scope
    finally:
        trace_scope.enter(before)


def _entries(given: Any) -> dict[Any, Any]:
    """What was given as a dictionary; anything else must not cost the event."""
    return dict.copy(given) if isinstance(given, dict) else {}


def _without_names(given: Any) -> dict[Any, Any]:
    """Entries without texts whose key says whose they are: a tenant, a user, a customer."""
    somebodys = marker("personal-key")
    return {
        key: somebodys if isinstance(value, str) and isinstance(key, str) and names_somebody(key) else value
        for key, value in _entries(given).items()
    }
