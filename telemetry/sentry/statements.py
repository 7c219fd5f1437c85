"""The SQL statement that failed, for the context of an error's event."""

from __future__ import annotations

import sys
from typing import Any, Final

from telemetry.privacy import sql

_MOST: Final = 20
"""Exceptions that are looked at: causes, contexts, members of groups."""
_SYSTEMS: Final = {
    "sqlite3": "sqlite",
    "aiosqlite": "sqlite",
    "psycopg": "postgresql",
    "psycopg2": "postgresql",
    "asyncpg": "postgresql",
    "pymysql": "mysql",
    "MySQLdb": "mysql",
    "mysql": "mysql",
}
"""Databases by the package of the driver's own error."""


def add_statement(event: dict[str, Any], error: BaseException) -> None:
    """Put ``db.*`` into an event's context ``otel``: system, operation, table, and the statement's template.

    Where an error holds several, the innermost. Values of parameters are never looked at, and literals in the text
    become ``?``, here and once more at the gate.
    """
    failed = _failed_statement(error)
    if failed is None:
        return
    template = sql.template(failed.statement)
    operation, _, table = sql.summary(template).partition(" ")
    system = _SYSTEMS.get(type(failed.orig).__module__.partition(".")[0])
    told = {
        "db.system.name": system,
        "db.operation.name": operation,
        "db.collection.name": table,
        "db.query.text": template,
    }
    contexts = event.setdefault("contexts", {})
    attributes = contexts.setdefault("otel", {}).setdefault("attributes", {})
    attributes |= {key: value for key, value in told.items() if value}


def _failed_statement(error: BaseException) -> Any:
    """The innermost of SQLAlchemy's errors that tells a statement; None where there is none."""
    library = sys.modules.get("sqlalchemy.exc")
    if library is None:
        return None
    found: Any = None
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _MOST:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, library.StatementError) and isinstance(current.statement, str):
            found = current
        waiting += [other for other in (current.__context__, current.__cause__) if other is not None]
        if isinstance(current, BaseExceptionGroup):
            waiting += BaseExceptionGroup.exceptions.__get__(current)
    return found
