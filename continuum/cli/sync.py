"""``continuum sync``: exchange memories with other instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from continuum.cli.session import json_option, open_tenant, tenant_option
from continuum.cli.sync_peers import peers, sync_settings

if TYPE_CHECKING:
    from continuum.core.services import Services
    from continuum.core.tenancy import Tenant
    from continuum.federation.exchange import Exchanged
    from continuum.storage.peers import Peer


@click.group(invoke_without_command=True)
@click.option("--push/--no-push", default=True, help="Give what is new here.")
@click.option("--pull/--no-pull", default=True, help="Take what is new there.")
@click.option(
    "--peer", "key_id", metavar="KEY_ID", help="This peer alone; all that have an address otherwise."
)
@tenant_option
@json_option
@click.pass_context
def sync(
    context: click.Context, *, push: bool, pull: bool, key_id: str | None, tenant: str | None, as_json: bool
) -> None:
    """Exchange a tenant's memories with its peers: take what is new there, then give what is new here.

    Tenants that were erased here are erased at their peers first.
    """
    if context.invoked_subcommand is not None:
        return
    import json

    from continuum.federation.errors import SyncError

    _tell_forgotten()
    done: dict[str, Exchanged] = {}
    errors: dict[str, SyncError] = {}
    with open_tenant(tenant) as (services, found):
        for peer in _called(services, found, key_id):
            try:
                done[peer.key_id] = _exchange(services, found, peer, push=push, pull=pull)
            except SyncError as error:
                errors[peer.key_id] = error  # one that fails keeps nothing from the others
            else:
                if done[peer.key_id].forgotten:
                    break
    if as_json:
        click.echo(json.dumps({peer_id: _figures(exchanged) for peer_id, exchanged in done.items()}))
    else:
        for peer_id, exchanged in done.items():
            click.echo(f"{peer_id}  {_sentence(exchanged)}")
    for peer_id, problem in errors.items():
        click.echo(f"{peer_id}  {problem}", err=True)
    if errors:
        raise next(iter(errors.values()))
    if not done:
        click.echo("No peer with an address; `continuum sync peers add` pins one.", err=True)


sync.add_command(peers)


@sync.command()
def keys() -> None:
    """Print this instance's public key, for others to pin; it is made when there is none."""
    from continuum.federation.keyfiles import ensure_identity

    identity = ensure_identity(sync_settings())
    click.echo(identity.public_key)
    click.echo(f"Key {identity.key_id}. The private key stays on this machine.", err=True)


@sync.command()
def forgotten() -> None:
    """Have peers erase the tenants that were erased here."""
    if not _tell_forgotten():
        click.echo("No peer forgot a tenant now.", err=True)


@sync.command()
@click.argument("session")
@click.option("--off", is_flag=True, help="Tell peers of it again; what was withheld stays here.")
@tenant_option
def private(session: str, tenant: str | None, *, off: bool) -> None:
    """Keep what is said in SESSION on this instance from now on."""
    from continuum.core.provenance import checked_session
    from continuum.storage.sessions import mark_private

    checked_session(session)
    with open_tenant(tenant) as (services, found), services.database.write(found) as connection:
        mark_private(connection, found, session, is_private=not off)
    click.echo("Peers are told of it." if off else "It stays here.", err=True)


@sync.command()
@click.argument("receipt_id")
@tenant_option
def receipt(receipt_id: str, tenant: str | None) -> None:
    """Say which peers have erased what the receipt of an erasure is about."""
    from continuum.cli.session import open_local_database
    from continuum.core.errors import MemoryNotFound
    from continuum.core.uuid7 import is_uuid
    from continuum.storage.peers import acknowledgements, forgetting_of

    if not is_uuid(receipt_id):
        raise MemoryNotFound("no such receipt")
    with open_local_database() as database, database.read() as connection:
        found = forgetting_of(connection, receipt_id)
    if not found:
        with open_tenant(tenant) as (services, whose), services.database.read(whose) as connection:
            entered = acknowledgements(connection, whose, receipt_id)
        if entered is None:
            raise MemoryNotFound("no such receipt")
        found = entered
    for key_id, is_done in found.items():
        click.echo(f"{key_id}  {'erased' if is_done else 'not yet'}")


def _called(services: Services, tenant: Tenant, key_id: str | None) -> list[Peer]:
    from continuum.core.errors import KeyNotFound
    from continuum.storage.peers import list_peers

    with services.database.read(tenant) as connection:
        pinned = list_peers(connection, tenant)
    chosen = [peer for peer in pinned if peer.url is not None and key_id in {None, peer.key_id}]
    if key_id is not None and not chosen:
        raise KeyNotFound("no such peer with an address; `continuum sync peers list` shows the ids")
    return chosen


def _exchange(services: Services, tenant: Tenant, peer: Peer, *, push: bool, pull: bool) -> Exchanged:
    import telemetry
    from continuum.federation.client import PeerClient
    from continuum.federation.exchange import exchange
    from continuum.federation.keyfiles import load_api_key, load_identity

    settings = sync_settings()
    telemetry.set_operation(operation="sync", federation_peer=peer.key_id)
    api_key = load_api_key(settings, tenant.number, peer.key_id)
    client = PeerClient(load_identity(settings), peer.url or "", peer.key_id, peer.public_key, api_key)
    return exchange(services, tenant, peer, client, pull=pull, push=push)


def _tell_forgotten() -> int:
    """Tell peers of erased tenants; how many heard. An error is one line: the next exchange tries again."""
    from continuum.cli.session import open_local_database
    from continuum.federation.forgetting import tell_forgotten
    from continuum.federation.keyfiles import load_identity

    settings = sync_settings()
    with open_local_database() as database:
        done, errors = tell_forgotten(database, settings, load_identity(settings))
    for error in errors:
        click.echo(f"An erased tenant is still at a peer: {error}", err=True)
    if done:
        click.echo(f"Erased at peers: {done}", err=True)
    return done


def _figures(exchanged: Exchanged) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(exchanged)


def _sentence(exchanged: Exchanged) -> str:
    if exchanged.forgotten:
        return "had erased the tenant: it is erased here, too"
    taken = exchanged.taken
    refused = f", {taken.refused} refused because their ids belong to other texts" if taken.refused else ""
    return (
        f"took {taken.entered} operations ({taken.made} new memories, {taken.erased} erased{refused}),"
        f" gave {exchanged.given}"
    )
