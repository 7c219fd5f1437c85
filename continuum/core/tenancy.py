"""Whose memories: the tenant that every operation on memories is given."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from continuum.core.errors import InvalidTenant

TENANT_FORM = "1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit"
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Tenant:
    """A tenant that exists in the database.

    ``number`` is internal and may appear in table names and logs; ``public_id`` is the name that the operator
    gave, which is kept out of every repr.
    """

    number: int
    public_id: str = field(repr=False)


def checked_tenant_name(name: str) -> str:
    """Return the name when it has the accepted form.

    Raises:
        InvalidTenant: it hasn't; the message gives the form, not the name.

    """
    if _TENANT.fullmatch(name) is None:
        raise InvalidTenant("a tenant's name is " + TENANT_FORM)
    return name
