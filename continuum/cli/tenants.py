"""``continuum tenants``: list them."""

from __future__ import annotations

import click

from continuum.cli.session import json_option


@click.command()
@json_option
def tenants(*, as_json: bool) -> None:
    """List the tenants, oldest first."""
    from continuum.cli.session import open_local_database
    from continuum.cli.showing import print_json
    from continuum.storage.tenants import list_tenants

    with open_local_database() as database, database.read() as connection:
        found = list_tenants(connection)
    if as_json:
        print_json([{"tenant": tenant.public_id, "created_at": created_at} for tenant, created_at in found])
        return
    for tenant, created_at in found:
        click.echo(f"{tenant.public_id}  {created_at:%Y-%m-%d}")
    if not found:
        click.echo("No tenants yet; `continuum keys create TENANT` makes one.", err=True)
