"""Tells the running trace whose work it is and what is done: pseudonyms, tags, content."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from opentelemetry import trace

from telemetry import trace_scope
from telemetry.tags import MOST_TAGS, attributes_of, bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telemetry.pipeline import Pipeline
    from telemetry.privacy.tenants import Kind, Pseudonyms

_PLACE: Final = "explicit context"
_NAMES: Final[dict[str, Kind]] = {"federation_peer": "peer", "instance_id": "instance"}


def bind_tenant(pipeline: Pipeline, tenant_id: Any) -> None:
    """Name the tenant of the running trace; where none runs, of this task or thread from now on."""
    with pipeline.guard(_PLACE):
        name = _name(tenant_id)
        if name:
            trace_scope.own_for(pipeline.pseudonyms.of("tenant", name))
            pipeline.bind_tenant(name)


def bind_operation(pipeline: Pipeline, tags: Mapping[str, Any]) -> None:
    """Put tags on the running trace: on its events, on the current span and on those that start later.

    ``federation_peer`` and ``instance_id`` name somebody's machine, so their pseudonyms stand for them.
    """
    with pipeline.guard(_PLACE):
        scope = trace_scope.own()
        kept = pseudonymous(pipeline, tags, scope)
        older = {key: value for key, value in scope.operation.items() if key not in kept}
        scope.operation = dict([*older.items(), *kept.items()][-MOST_TAGS:])
        span = trace.get_current_span()
        if span.is_recording():
            span.set_attributes(attributes_of(kept))


def pseudonymous(
    pipeline: Pipeline, tags: Mapping[str, Any], scope: trace_scope.TraceScope | None
) -> dict[str, Any]:
    """Bounded tags with pseudonyms for names; the names themselves may then stand nowhere in a scope's trace."""
    named: dict[str, Any] = dict(tags)
    for key, kind in _NAMES.items():
        if name := _name(named.pop(key, None)):
            named[key] = pipeline.pseudonyms.of(kind, name)
            if scope is not None:
                scope.register((name,), exact=True)
    return bounded(named)


def fingerprint(pseudonyms: Pseudonyms, text: str) -> str:
    """A keyed fingerprint of what somebody asked: the same question is seen to be the same, and says nothing.

    Of a form with pseudonyms, and made in the same way with a key of its own; nothing is kept of the text.
    """
    key = pseudonyms.derived_key("query")  # a domain apart from those of names
    digest = hmac.new(key.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    return f"{pseudonyms.key_id}-{digest[:32]}"


def _name(value: Any) -> str:
    """A name as text; empty for what is none."""
    if isinstance(value, str):
        return str.__str__(value)
    return str(value) if type(value) in (int, UUID) else ""
