"""``continuum sync peers``: say with which instances a tenant is shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from continuum.cli.session import open_tenant, tenant_option

if TYPE_CHECKING:
    from continuum.federation.settings import SyncSettings


@click.group()
def peers() -> None:
    """Say with which instances a tenant is shared."""


@peers.command("add")
@click.argument("public_key")
@click.option("--url", metavar="URL", help="Where to call it; without, it only calls here.")
@click.option(
    "--api-key-file",
    type=click.File("r"),
    help="File with the API key for calling it ('-' for standard input), made there with the scope sync.",
)
@click.option("--plain-http", is_flag=True, help="Allow http:// to another machine.")
@tenant_option
def add(public_key: str, url: str | None, api_key_file: Any, tenant: str | None, *, plain_http: bool) -> None:
    """Share the tenant with the instance that printed PUBLIC_KEY; nothing is sent yet."""
    from continuum.federation.peering import add_peer

    api_key = None if api_key_file is None else api_key_file.read(1000).strip()
    settings = sync_settings()
    if url is not None and api_key is None and settings.api_key is None:
        raise click.UsageError("--url needs --api-key-file, or CONTINUUM_SYNC_API_KEY")
    with open_tenant(tenant) as (services, found):
        key_id = add_peer(
            services.database, settings, found, public_key, url=url, api_key=api_key, plain_http=plain_http
        )
    click.echo(f"Pinned {key_id}.", err=True)


@peers.command("list")
@tenant_option
def list_command(tenant: str | None) -> None:
    """List the peers of the tenant."""
    from continuum.storage.peers import list_peers

    with open_tenant(tenant) as (services, found), services.database.read(found) as connection:
        pinned = list_peers(connection, found)
    for peer in pinned:
        met = f"met {peer.met_at:%Y-%m-%d %H:%M}" if peer.met_at else "never met"
        click.echo(f"{peer.key_id}  {met}  {peer.url or 'calls here'}")
    if not pinned:
        click.echo("No peers.", err=True)


@peers.command()
@click.argument("key_id")
@tenant_option
def remove(key_id: str, tenant: str | None) -> None:
    """Share the tenant with the peer KEY_ID no longer; what it has, it keeps."""
    from continuum.federation.peering import remove_peer

    with open_tenant(tenant) as (services, found):
        remove_peer(services.database, sync_settings(), found, key_id)
    click.echo("Removed.", err=True)


def sync_settings() -> SyncSettings:
    """Where the keys for federation are."""
    from continuum.core.settings import Settings
    from continuum.federation.settings import SyncSettings

    return SyncSettings.of(Settings.from_environ())
