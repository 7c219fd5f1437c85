"""A database on a PostgreSQL server, used by a role that row level security binds."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.core.errors import StorageError, TenantNotFound
from continuum.storage.database import Database
from continuum.storage.registry import tenants
from continuum.storage.roles import may_pass_by_security
from continuum.storage.schema import is_current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from continuum.core.addresses import PostgresAddress
    from continuum.core.tenancy import Tenant

_CONNECT_SECONDS = 5


class PostgresDatabase(Database):
    """One database of a server; each tenant has one writer at a time, different tenants write at once."""

    def __init__(self, address: PostgresAddress) -> None:
        super().__init__(address, create_engine(address))
        self._reading_engine = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @contextmanager
    def read(self, tenant: Tenant | None = None) -> Iterator[sa.Connection]:
        """A read-only transaction on one snapshot."""
        with self._reading_engine.begin() as connection:
            if tenant is not None:
                connection.execute(sa.select(_for_this_transaction(tenant)))
            yield connection

    @contextmanager
    def write(self, tenant: Tenant | None = None) -> Iterator[sa.Connection]:
        """Holds the tenant's row from the first moment."""
        with self._engine.begin() as connection:
            if tenant is not None:
                # Writers of one tenant queue here, before they lock anything else: they can't deadlock, and
                # their operations are committed in the order of their sequence.
                turn = sa.select(_for_this_transaction(tenant)).where(tenants.c.number == tenant.number)
                queue = turn.select_from(tenants).with_for_update(key_share=True)
                if connection.execute(queue).one_or_none() is None:
                    raise TenantNotFound("the tenant has been erased")
            yield connection

    def sweep(self) -> None:
        """Nothing: dead rows go when the server vacuums, and its log when it archives; both are its own."""


def create_engine(address: PostgresAddress) -> sa.Engine:
    """An engine with room for as many threads as the web framework runs (40); connects when first used."""
    # Looked up at call time, not imported by name: instrumentation replaces the function in its module.
    try:
        return sa.create_engine(
            address.url,
            pool_size=10,
            max_overflow=30,
            pool_timeout=10,
            pool_pre_ping=True,
            # Bound values are content; without this they stand in messages of errors and SQLAlchemy's log.
            hide_parameters=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS, "application_name": "continuum"},
        )
    except ModuleNotFoundError:
        raise StorageError(
            "DATABASE_URL is a PostgreSQL database but psycopg is not installed:"
            " install continuum-memory[postgres]"
        ) from None


def open_server(address: PostgresAddress) -> PostgresDatabase:
    """Connect, and see that the schema is ours and that the role is bound by row level security.

    Raises:
        StorageError: one of these isn't so.

    """
    database = PostgresDatabase(address)
    try:
        with database.read() as connection:
            if not is_current(connection):
                raise StorageError("the database has no tables or old ones; its owner runs `continuum init`")
            if may_pass_by_security(connection):
                raise StorageError(
                    "the role of DATABASE_URL could read every tenant's rows: it is a superuser, has BYPASSRLS or"
                    " owns the tables; `continuum init --application-role NAME` makes one that can't"
                )
    except BaseException as error:
        database.close()
        if isinstance(error, sa.exc.DBAPIError):
            raise StorageError("the database can't be opened") from error
        raise
    return database


def _for_this_transaction(tenant: Tenant) -> sa.Function[str]:
    """SET LOCAL with a bound value."""
    return sa.func.set_config("continuum.tenant", str(tenant.number), sa.true())
