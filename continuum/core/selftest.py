"""An error made on request, by real work and a few frames deep, to see it arrive where errors should."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from continuum.core.errors import TelemetryTestError
from continuum.storage.stats import tenant_stats

if TYPE_CHECKING:
    from continuum.core.records import TenantStats
    from continuum.core.tenancy import Tenant
    from continuum.storage.database import Database


def raise_test_error(database: Database, tenant: Tenant) -> NoReturn:
    """Count what the tenant has stored, then fail.

    Raises:
        TelemetryTestError: always.

    """
    with database.read(tenant) as connection:
        stats = tenant_stats(connection, tenant)
        _review(stats)


def _review(stats: TenantStats) -> NoReturn:
    _fail(memory_count=stats.memories)


def _fail(memory_count: int) -> NoReturn:
    raise TelemetryTestError("this error was asked for, to test error reporting", memory_count=memory_count)
