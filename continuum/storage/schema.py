"""The schema's version: which one a database has, and how it is brought to ours."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from continuum.core.errors import StorageError

# Oldest first; a test compares them with the migrations. Alembic itself is only imported to migrate.
VERSIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
# Migrations see their connection through alembic's globals.
_ONE_AT_A_TIME = threading.Lock()
_LATER = "the database was written by a later version of continuum"


def is_current(connection: sa.Connection) -> bool:
    """Whether there is nothing to migrate.

    Raises:
        StorageError: a later version of continuum wrote the database.

    """
    return _version(connection) == VERSIONS[-1]


def migrate(connection: sa.Connection, target: str = VERSIONS[-1]) -> None:
    """Bring the schema to a version, in the transaction that is open; others that try meanwhile wait.

    Raises:
        StorageError: a later version of continuum wrote the database.

    """
    if connection.dialect.name == "postgresql":
        # On SQLite the transaction holds the write lock already.
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('continuum schema'))"))
    found = _version(connection)
    if found == target:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    # Alembic reads percent signs in its settings as references.
    place = str(Path(__file__).parent / "migrations").replace("%", "%%")
    config.set_main_option("script_location", place)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    down = found is not None and target not in VERSIONS[VERSIONS.index(found) :]
    with _ONE_AT_A_TIME:
        if found is not None and not _has_table(connection, "alembic_version"):
            command.stamp(config, found)
        (command.downgrade if down else command.upgrade)(config, target)


def _version(connection: sa.Connection) -> str | None:
    if _has_table(connection, "alembic_version"):
        found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if found is not None and found not in VERSIONS:
            raise StorageError(_LATER)
        return found
    if connection.dialect.name != "sqlite":
        return None
    # Before there were migrations, files carried their version here.
    number = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if number > 1:
        raise StorageError(_LATER)
    return VERSIONS[0] if number == 1 else None


def _has_table(connection: sa.Connection, name: str) -> bool:
    return sa.inspect(connection).has_table(name)
