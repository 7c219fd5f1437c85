"""The last look before an answer: what it holds has to be the caller's own, or it is left out and reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import telemetry
from continuum.core.errors import ContinuumError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import sqlalchemy as sa

    from continuum.core.tenancy import Tenant


class TenantBoundaryError(ContinuumError):
    """Something of another tenant was about to be given; it was left out. No id of anything is told."""


def own_rows(tenant: Tenant, rows: Iterable[sa.Row[Any]]) -> list[sa.Row[Any]]:
    """Those of the rows of ``memories`` that are the tenant's, in their order; others are reported."""
    found = list(rows)
    own = [row for row in found if row.tenant_number == tenant.number]
    if len(own) < len(found):
        report_foreign(len(found) - len(own))
    return own


def report_foreign(number: int) -> None:
    """Count what was left out of an answer, and send one error event of a type of its own."""
    telemetry.measure("continuum.memory.boundary_violations", number, unit="{record}")
    try:
        raise TenantBoundaryError("something of another tenant was about to be given; it was left out")
    except TenantBoundaryError as error:
        telemetry.capture_exception(error, level="fatal", extra={"left_out": number})
