"""``continuum keys``: make, list and revoke API keys."""

from __future__ import annotations

import click

from continuum.core.credentials import DEFAULT_SCOPES, SCOPES


@click.group()
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command()
@click.argument("tenant")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    default=DEFAULT_SCOPES,
    show_default=True,
    help="What the key may do; repeat it for several scopes.",
)
def create(tenant: str, scopes: tuple[str, ...]) -> None:
    """Make a key for TENANT, and the tenant when it is new.

    The key alone goes to standard output, so that it can be piped; it is never shown again.
    """
    from continuum.cli.session import open_local_database
    from continuum.core.credentials import key_id
    from continuum.storage.keys import create_key
    from continuum.storage.tenants import ensure_tenant

    with open_local_database() as database, database.write() as connection:
        key = create_key(connection, ensure_tenant(connection, tenant), scopes)
    click.echo(key)
    click.echo(
        f"Key {key_id(key)} with scopes {', '.join(scopes)}. Keep it: it can't be shown again.", err=True
    )
    click.echo("Next, run `continuum serve` and send the key as header X-API-Key.", err=True)


@keys.command("list")
@click.argument("tenant")
def list_command(tenant: str) -> None:
    """List the keys of TENANT, without the keys themselves."""
    from continuum.cli.session import open_local_database
    from continuum.storage.keys import list_keys
    from continuum.storage.tenants import find_tenant

    with open_local_database() as database, database.read() as connection:
        entries = list_keys(connection, find_tenant(connection, tenant))
    for entry in entries:
        state = f"revoked {entry.revoked_at:%Y-%m-%d}" if entry.revoked_at else "active"
        click.echo(f"{entry.id}  {','.join(entry.scopes):<17} {entry.created_at:%Y-%m-%d}  {state}")
    if not entries:
        click.echo("No keys.", err=True)


@keys.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Make the key with the id KEY_ID useless."""
    from continuum.cli.session import open_local_database
    from continuum.storage.keys import revoke_key

    with open_local_database() as database, database.write() as connection:
        revoke_key(connection, key_id)
    click.echo("Revoked.", err=True)
