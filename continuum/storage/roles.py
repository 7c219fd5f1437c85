"""Roles of PostgreSQL: the owner makes the tables; the application uses them, bound by their policies."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from continuum.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

ROLE_FORM = "1 to 63 lower-case letters, digits and '_', beginning with a letter"
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,62}")
# What the application may do with each table, and with no other.
_ALL = "SELECT, INSERT, UPDATE, DELETE"
_RIGHTS = {
    "sessions": _ALL,
    "memories": _ALL,
    "memory_search": _ALL,
    "repeats": _ALL,
    "concepts": _ALL,
    "memory_concepts": _ALL,
    "concept_links": _ALL,
    "embeddings": _ALL,
    "idempotency_keys": _ALL,
    "tenants": _ALL,
    "api_keys": "SELECT, INSERT, UPDATE",
    "operations": "SELECT, INSERT",
    "instances": "SELECT, INSERT",
    "receipts": "SELECT, INSERT",
    "aliases": _ALL,
    "peers": _ALL,
    "nonces": "SELECT, INSERT, DELETE",
    "erasures": "SELECT, INSERT",
    "forgotten_peerings": _ALL,
    "secrets": "SELECT, INSERT",
    "alembic_version": "SELECT",
}
_UNBOUND = """
SELECT rolsuper OR rolbypassrls OR EXISTS (
    SELECT FROM pg_class WHERE oid = 'memories'::regclass AND pg_has_role(current_user, relowner, 'MEMBER')
) FROM pg_roles WHERE rolname = current_user
"""


def may_pass_by_security(connection: sa.Connection) -> bool:
    """Whether the connected role is a superuser, has BYPASSRLS, or is (or can act as) the tables' owner."""
    return bool(connection.scalar(sa.text(_UNBOUND)))


def make_application_role(connection: sa.Connection, name: str) -> str | None:
    """Give a role what the application needs; one that doesn't exist is made.

    Returns:
        The new role's password, or None when the role existed.

    Raises:
        SettingsError: the name has another form than ``ROLE_FORM``.

    """
    if _ROLE.fullmatch(name) is None:
        raise SettingsError("--application-role must be " + ROLE_FORM)
    exists = connection.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name})
    password = None if exists else secrets.token_urlsafe(24)
    if password is not None:
        # Made unreadable here: the server may write the statement into its log.
        kept = _driver(connection).pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
        connection.exec_driver_sql(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{kept.decode()}'")
    _grant(connection, [name])
    return password


def grant_again(connection: sa.Connection) -> None:
    """After migrating, give the roles that could use the old tables the new ones too."""
    query = (
        "SELECT DISTINCT grantee FROM information_schema.role_table_grants"
        " WHERE table_name = 'memories' AND table_schema = current_schema() AND grantee <> current_user"
    )
    _grant(connection, [name for name in connection.scalars(sa.text(query)) if _ROLE.fullmatch(name)])


def _grant(connection: sa.Connection, names: Sequence[str]) -> None:
    schema = connection.dialect.identifier_preparer.quote(
        connection.execute(sa.text("SELECT current_schema()")).scalar_one()
    )
    for role in names:
        name = f'"{role}"'
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
        for table, rights in _RIGHTS.items():
            connection.exec_driver_sql(f"GRANT {rights} ON {schema}.{table} TO {name}")
        connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {name}")
        connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION {schema}.match_memories TO {name}")


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
