"""``continuum backup`` and ``continuum restore``: copies of the whole database."""

from __future__ import annotations

from pathlib import Path

import click

_BY_ITS_OWN_TOOLS = (
    "a PostgreSQL database is copied by its own tools, with pg_dump and pg_restore or by archiving its log:"
    " docs/operations.md has the commands; `continuum export` writes the memories of one tenant"
)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the whole database to FILE, which must not exist, while the service goes on.

    FILE holds what people said, of all tenants, and is made for its owner alone.
    """
    from continuum.core.errors import StorageError
    from continuum.storage.backup import back_up

    source = _database_file()
    if not source.exists():
        raise click.ClickException("there is no database yet; `continuum init` makes it")
    try:
        back_up(source, file)
    except FileExistsError:
        raise click.ClickException("FILE exists already; choose a name that is free") from None
    except StorageError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Backed up {file.stat().st_size} bytes.", err=True)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Overwrite the database that is there, with all it has.")
def restore(file: Path, *, replace: bool) -> None:
    """Make the database of DATABASE_URL what it was when FILE was written. Stop the service first."""
    from continuum.core.errors import StorageError
    from continuum.storage.backup import restore as put_back

    target = _database_file()
    try:
        put_back(file, target, replace=replace)
    except FileExistsError:
        raise click.ClickException("there is a database; --replace overwrites it") from None
    except StorageError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        "Restored. `continuum doctor --verify` looks at it, `continuum keys list` at its keys.", err=True
    )


def _database_file() -> Path:
    from continuum.core.settings import Settings

    place = Settings.from_environ().database
    if not isinstance(place, Path):
        raise click.ClickException(_BY_ITS_OWN_TOOLS)
    return place
