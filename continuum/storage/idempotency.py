"""Answers kept for a day, for clients that send the same request again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from continuum.core.errors import IdempotencyConflict
from continuum.storage.registry import idempotency_keys as kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from continuum.core.tenancy import Tenant

LIFETIME: Final = timedelta(hours=24)
# In the database, which goes through a day's answers many times as fast as they come here.
_NAMED: Final = {
    "sqlite": "EXISTS (SELECT 1 FROM json_each(answer, '$.memory_ids') AS named"
    " WHERE named.value IN (SELECT value FROM json_each(:ids)))",
    "postgresql": "CAST(answer AS jsonb) -> 'memory_ids'"
    " ?| ARRAY(SELECT json_array_elements_text(CAST(:ids AS json)))",
}
_BLANK: Final = {
    dialect: sa.text(
        "UPDATE idempotency_keys SET request_digest = ''"  # noqa: S608 - constants
        f" WHERE tenant_number = :tenant AND request_digest <> '' AND {named}"
    )
    for dialect, named in _NAMED.items()
}


def find_answer(
    connection: sa.Connection, tenant: Tenant, key_digest: str, request_digest: str
) -> str | None:
    """The answer given to the request before; None when it is new.

    Raises:
        IdempotencyConflict: the key was used for another request.

    """
    query = sa.select(kept.c.answer, kept.c.request_digest).where(
        kept.c.tenant_number == tenant.number,
        kept.c.key_digest == key_digest,
        kept.c.created_at >= datetime.now(UTC) - LIFETIME,
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    if found.request_digest not in {request_digest, ""}:
        raise IdempotencyConflict("this Idempotency-Key was used for another request")
    answer: str = found.answer
    return answer


def keep_answer(
    connection: sa.Connection, tenant: Tenant, key_digest: str, request_digest: str, answer: str
) -> None:
    """Keep the answer of a new request, and let go of those that are too old."""
    now = datetime.now(UTC)
    old = (kept.c.tenant_number == tenant.number, kept.c.created_at < now - LIFETIME)
    connection.execute(sa.delete(kept).where(*old))
    row = {"tenant_number": tenant.number, "key_digest": key_digest, "request_digest": request_digest}
    connection.execute(sa.insert(kept).values(row | {"answer": answer, "created_at": now}))


def blank_requests(connection: sa.Connection, tenant: Tenant, memory_ids: Sequence[str]) -> None:
    """Forget what the requests were that stored these memories, but not that they were answered.

    A client that sends such a request once more gets its answer, and the memory stays forgotten.
    """
    asked = {"tenant": tenant.number, "ids": json.dumps(list(memory_ids))}
    connection.execute(_BLANK[connection.dialect.name], asked)
