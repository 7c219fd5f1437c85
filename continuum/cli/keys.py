"""``continuum keys``: make, list and revoke API keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from continuum.cli.forms import MOMENT
from continuum.cli.session import json_option
from continuum.core.credentials import DEFAULT_SCOPES, SCOPES

if TYPE_CHECKING:
    from continuum.storage.keys import KeyEntry


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
@click.option(
    "--expires", type=MOMENT, metavar="TIME", help="When it stops working, as ISO 8601 with offset."
)
def create(tenant: str, scopes: tuple[str, ...], expires: datetime | None) -> None:
    """Make a key for TENANT, and the tenant when it is new.

    The key alone goes to standard output, so that it can be piped; it is never shown again.
    """
    from continuum.cli.session import open_local_database
    from continuum.core.credentials import key_id
    from continuum.storage.keys import create_key
    from continuum.storage.tenants import ensure_tenant

    with open_local_database() as database, database.write() as connection:
        key = create_key(connection, ensure_tenant(connection, tenant), scopes, expires)
    click.echo(key)
    click.echo(
        f"Key {key_id(key)} with scopes {', '.join(scopes)}. Keep it: it can't be shown again.", err=True
    )
    click.echo("Next, run `continuum serve` and send the key as header X-API-Key.", err=True)


@keys.command("list")
@click.argument("tenant")
@json_option
def list_command(tenant: str, *, as_json: bool) -> None:
    """List the keys of TENANT, without the keys themselves."""
    from continuum.cli.session import open_local_database
    from continuum.cli.showing import print_json
    from continuum.core.tenancy import checked_tenant_name
    from continuum.storage.keys import list_keys
    from continuum.storage.tenants import find_tenant

    with open_local_database() as database, database.read() as connection:
        entries = list_keys(connection, find_tenant(connection, checked_tenant_name(tenant)))
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        used = f"used {entry.last_used_at:%Y-%m-%d}" if entry.last_used_at else "never used"
        scopes = ",".join(entry.scopes)
        click.echo(f"{entry.id}  {scopes:<17} {entry.created_at:%Y-%m-%d}  {_state(entry)}  {used}")
    if not entries:
        click.echo("No keys.", err=True)


@keys.command()
@click.argument("key_id")
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, 720),
    default=24,
    show_default=True,
    help="How long the old key works on.",
)
def rotate(key_id: str, overlap_hours: int) -> None:
    """Make a key like the one with the id KEY_ID, which stops working after the overlap.

    The key alone goes to standard output.
    """
    from datetime import timedelta

    from continuum.cli.session import open_local_database
    from continuum.storage.keys import rotate_key

    with open_local_database() as database, database.write() as connection:
        issued = rotate_key(connection, key_id, timedelta(hours=overlap_hours))
    click.echo(issued.key)
    click.echo(f"The old key works for {overlap_hours} hours more.", err=True)


@keys.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Make the key with the id KEY_ID useless."""
    from continuum.cli.session import open_local_database
    from continuum.storage.keys import revoke_key

    with open_local_database() as database, database.write() as connection:
        revoke_key(connection, key_id)
    click.echo("Revoked.", err=True)


def _state(entry: KeyEntry) -> str:
    if entry.revoked_at:
        return f"revoked {entry.revoked_at:%Y-%m-%d}"
    if entry.expires_at is None:
        return "active"
    return f"{'expired' if entry.expires_at <= datetime.now(UTC) else 'expires'} {entry.expires_at:%Y-%m-%d}"
