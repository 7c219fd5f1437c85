"""Setting a database up as its owner: ``continuum init``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from continuum.core.errors import SettingsError, StorageError
from continuum.storage.database import open_database
from continuum.storage.index import pgvector
from continuum.storage.roles import grant_again, make_application_role
from continuum.storage.schema import migrate

if TYPE_CHECKING:
    from continuum.core.addresses import PostgresAddress


def set_up(place: Path | PostgresAddress, application_role: str | None = None) -> str | None:
    """Bring the schema up to date; on PostgreSQL make or renew the application's role when one is named.

    Safe to run again, and by several at once.

    Returns:
        The password of a role that was made now.

    Raises:
        SettingsError: a role is named for a SQLite file, or its name has no accepted form.
        StorageError: the database can't be reached, isn't ours, or the role may not do this.

    """
    if isinstance(place, Path):
        if application_role is not None:
            raise SettingsError("--application-role is for PostgreSQL; DATABASE_URL is a SQLite file")
        open_database(place).close()
        return None
    from continuum.storage.postgres import create_engine

    engine = create_engine(place)
    try:
        with engine.begin() as connection:
            migrate(connection)
            pgvector.enable(connection)
            grant_again(connection)
            return None if application_role is None else make_application_role(connection, application_role)
    except sa.exc.DBAPIError as error:
        raise StorageError(
            "the database can't be set up; its role has to be allowed to make tables (and roles)"
        ) from error
    finally:
        engine.dispose()
