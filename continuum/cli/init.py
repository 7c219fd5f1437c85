"""``continuum init``: make the database, or bring it up to date."""

from __future__ import annotations

import click


@click.command()
@click.option(
    "--database-url",
    metavar="URL",
    help="The database with its owner as user; DATABASE_URL when it is not given, which no process list shows.",
)
@click.option(
    "--application-role",
    metavar="NAME",
    help="PostgreSQL: the role of the service, made when it is missing; row level security binds it.",
)
def init(database_url: str | None, application_role: str | None) -> None:
    """Make the database and say where it is; an existing one keeps what it holds.

    The password of a new role goes to standard output, alone, and is never shown again.
    """
    from continuum.core.addresses import database_address
    from continuum.core.settings import Settings
    from continuum.storage.setup import set_up

    place = Settings.from_environ().database if database_url is None else database_address(database_url)
    password = set_up(place, application_role)
    if password is not None:
        click.echo(password)
        click.echo(f"Role {application_role} made; its password can't be shown again.", err=True)
    # What can be piped stands alone.
    click.echo(f"Database ready: {place}", err=password is not None)
    click.echo(
        "Next, make a tenant and its API key:\n\n    continuum keys create acme\n", err=password is not None
    )
