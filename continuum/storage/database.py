"""The open database: transactions that read, and transactions that write, each for one tenant at most."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa

from continuum.storage import registry
from continuum.storage.upserts import insert_missing

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from continuum.core.addresses import PostgresAddress
    from continuum.core.tenancy import Tenant


class Database(ABC):
    """A database of many tenants, safe to use from many threads and beside other processes.

    A transaction is opened for a tenant, whose rows alone it sees on PostgreSQL; statements name the tenant
    all the same. One that is opened for nobody sees keys, tenants and instances, and no memories there.
    """

    answers_at_once: ClassVar[bool] = False
    """Whether a row is found sooner than a thread for it: nothing is asked over a network, nobody waited for."""

    def __init__(self, place: Path | PostgresAddress, engine: sa.Engine) -> None:
        self.place = place
        self._engine = engine

    @property
    def path(self) -> Path:
        """The SQLite file."""
        if not isinstance(self.place, Path):
            raise TypeError("a PostgreSQL database is no file")
        return self.place

    @abstractmethod
    def read(self, tenant: Tenant | None = None) -> AbstractContextManager[sa.Connection]:
        """A connection that sees one state of the database throughout."""

    @abstractmethod
    def write(self, tenant: Tenant | None = None) -> AbstractContextManager[sa.Connection]:
        """A transaction that is kept as a whole or not at all; for one tenant there is one at a time.

        Raises:
            TenantNotFound: the tenant has been erased.

        """

    @abstractmethod
    def sweep(self) -> None:
        """After something was erased: overwrite what the database itself may still keep of it, where it can."""

    @cached_property
    def instance_id(self) -> str:
        """Which instance this is, to others: made with the database, the same for all its processes."""
        with self.read() as connection:
            query = sa.select(registry.instances.c.id).where(registry.instances.c.number == 1)
            found: str = connection.execute(query).scalar_one()
        return found

    def secret(self, name: str) -> bytes:
        """The 32 random bytes kept under a name, the same for every process that uses this database."""
        table = registry.secrets
        with self.write() as connection:
            insert_missing(connection, table, [{"name": name, "value": secrets.token_bytes(32)}])
            return bytes(
                connection.execute(sa.select(table.c.value).where(table.c.name == name)).scalar_one()
            )

    def close(self) -> None:
        """Close all connections; the last one to close a file folds its write-ahead log into it."""
        self._engine.dispose()


def open_database(place: Path | PostgresAddress) -> Database:
    """Open the database, and bring its schema up to date where we may.

    A SQLite file is made where it is missing: directory (0700), file (0600) and tables.

    Raises:
        StorageError: it can't be reached or written, is no database of ours, a later version wrote it, or
            its role could pass by row level security.

    """
    if isinstance(place, Path):
        from continuum.storage.sqlite import open_file

        return open_file(place)
    from continuum.storage.postgres import open_server

    return open_server(place)
