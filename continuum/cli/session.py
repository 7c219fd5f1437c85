"""What commands on the local database share: opening it, and for which tenant."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from continuum.core.engine import MemoryEngine
    from continuum.core.services import Services
    from continuum.core.tenancy import Tenant
    from continuum.storage.database import Database

tenant_option = click.option(
    "--tenant", metavar="TENANT", help="Whose memories; CONTINUUM_TENANT when it is not given."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def open_local_database() -> Iterator[Database]:
    """The database of ``DATABASE_URL``, made when it is missing."""
    from continuum.core.errors import StorageError
    from continuum.core.settings import Settings
    from continuum.storage.database import open_database
    from continuum.storage.raising import raising

    database = open_database(Settings.from_environ().database)
    try:
        with raising(StorageError, "the database refused"):
            yield database
    finally:
        database.close()


@contextmanager
def open_tenant(tenant: str | None) -> Iterator[tuple[Services, Tenant]]:
    """Database and memory engine, and the tenant that they are to work for.

    Raises:
        click.UsageError: neither ``--tenant`` nor ``CONTINUUM_TENANT`` names one.
        InvalidTenant: the name hasn't the accepted form.
        TenantNotFound: there is no such tenant.

    """
    from continuum.core.services import open_services
    from continuum.core.settings import Settings
    from continuum.core.tenancy import checked_tenant_name
    from continuum.storage.tenants import find_tenant

    settings = Settings.from_environ()
    name = tenant or settings.tenant
    if name is None:
        raise click.UsageError("a tenant is needed: give --tenant TENANT or set CONTINUUM_TENANT")
    checked_tenant_name(name)
    with open_services(settings) as services:
        with services.database.read() as connection:
            found = find_tenant(connection, name)
        import telemetry

        telemetry.bind_tenant(found.public_id)
        yield services, found


@contextmanager
def open_engine(tenant: str | None) -> Iterator[tuple[MemoryEngine, Tenant]]:
    """As ``open_tenant``, for commands that need no more than the engine."""
    with open_tenant(tenant) as (services, found):
        yield services.engine, found
