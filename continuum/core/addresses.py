"""Where a database is: the two forms of ``DATABASE_URL``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from continuum.core.errors import SettingsError

DATABASE_FORM = (
    "sqlite:///relative/path.db, sqlite:////absolute/path.db"
    " or postgresql://[user[:password]@]host[:port]/database[?sslmode=require]"
)
_SQLITE = re.compile(r"sqlite(?:\+pysqlite)?:///(?P<path>[^?#]+)")
_POSTGRES = re.compile(
    r"postgres(?:ql)?(?:\+psycopg)?://"
    r"(?P<rest>(?:[^@/?#\s]*@)?(?P<host>[\w.-]+|\[[0-9A-Fa-f:.]+\])(?P<port>:\d{1,5})?"
    r"/(?P<database>[^/?#\s]+)(?:\?[^#\s]*)?)"
)


@dataclass(frozen=True)
class PostgresAddress:
    """A database of a PostgreSQL server; as text it has neither user nor password nor options."""

    url: str = field(repr=False)
    """``postgresql+psycopg://…`` with everything that is needed to connect."""
    place: str
    """``host[:port]/database``."""

    def __str__(self) -> str:
        return f"postgresql://{self.place}"


def database_address(url: str) -> Path | PostgresAddress:
    """Read a database URL.

    Raises:
        SettingsError: it has another form; the message gives the forms, not the value.

    """
    sqlite = _SQLITE.fullmatch(url)
    if sqlite is not None and sqlite["path"] != ":memory:":
        return Path(sqlite["path"])
    postgres = _POSTGRES.fullmatch(url)
    if postgres is None:
        raise SettingsError(f"DATABASE_URL must have the form {DATABASE_FORM}")
    place = f"{postgres['host']}{postgres['port'] or ''}/{postgres['database']}"
    return PostgresAddress(f"postgresql+psycopg://{postgres['rest']}", place)
