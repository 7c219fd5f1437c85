"""``continuum init``: make the database."""

from __future__ import annotations

import click


@click.command()
def init() -> None:
    """Make the database and say where it is; an existing one stays as it is."""
    from continuum.cli.session import open_local_database

    with open_local_database() as database:
        click.echo(f"Database ready: {database.path}")
    click.echo("Next, make a tenant and its API key:\n\n    continuum keys create acme\n")
