"""``continuum telemetry tenant-hash``, ``whois`` and ``collector-key``: pseudonyms for operators."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from telemetry import Key, Keyring

KINDS = ("tenant", "user", "instance", "peer")
_HASH = re.compile(r"[0-9a-f]{4}-[0-9a-f]{32}")
_NO_KEY = "no key is set and none can be kept: set CONTINUUM_TELEMETRY_HASH_KEY"


@click.command("tenant-hash")
@click.argument("name", metavar="ID")
@click.option(
    "--kind", type=click.Choice(KINDS), default="tenant", show_default=True, help="What ID is the name of."
)
def tenant_hash(name: str, kind: str) -> None:
    """Print the pseudonym of ID, as telemetry would send it with the present environment.

    The pseudonym alone goes to standard output; which key made it goes to standard error.
    """
    key = _current(_keyring())
    click.echo(key.pseudonyms.of(kind, name))  # type: ignore[arg-type]  # click has checked the choice
    click.echo(f"Made with {key.source} (key id {key.pseudonyms.key_id}).", err=True)


@click.command("collector-key")
def collector_key() -> None:
    """Print the key with which a collector makes the same pseudonyms of tenants.

    It can't be turned back into the key that it is derived from, but whoever has it can try names. Keep it
    like a password.
    """
    key = _current(_keyring())
    click.echo(key.pseudonyms.derived_key("tenant"))
    click.echo(
        f"Derived from {key.source}; its pseudonyms begin with {key.pseudonyms.key_id}-. Keep it secret.",
        err=True,
    )


@click.command()
@click.argument("pseudonym", metavar="HASH")
def whois(pseudonym: str) -> None:
    """Print which tenant of the local database the pseudonym HASH stands for.

    The current key and the previous one are tried. Every question is noted in an audit log, without the
    tenant's name; without the note there is no answer.
    """
    from continuum.cli.whois_audit import AuditUnavailableError, note

    if _HASH.fullmatch(pseudonym) is None:
        raise click.UsageError("HASH must be 4 hex digits, a hyphen and 32 hex digits, in lower case")
    keyring = _keyring()
    known = _local_tenants()
    found = next(
        (
            tenant
            for key in keyring.keys
            for tenant in known or ()
            if key.pseudonyms.of("tenant", tenant) == pseudonym
        ),
        None,
    )
    try:
        note(pseudonym, found=found is not None)
    except AuditUnavailableError as error:
        raise click.ClickException(f"the question can't be noted, so it isn't answered: {error}") from error
    if found is None:
        raise click.ClickException(_why_not(pseudonym, keyring, known))
    click.echo(found)


def _why_not(pseudonym: str, keyring: Keyring, known: tuple[str, ...] | None) -> str:
    ids = [key.pseudonyms.key_id for key in keyring.keys]
    if pseudonym[:4] not in ids:
        here = f"the keys here have {' and '.join(ids)}" if ids else "there is none here"
        return (
            f"another key made it: its key id is {pseudonym[:4]}, {here}."
            " After a rotation, set CONTINUUM_TELEMETRY_HASH_KEY_PREVIOUS to the key before"
        )
    if known is None:
        return "there is no local database: set DATABASE_URL to that of the service"
    return "no tenant of the local database has this pseudonym"


def _keyring() -> Keyring:
    import telemetry

    keyring = telemetry.pseudonym_keys()
    for problem in keyring.problems:
        click.echo(f"Note: {problem}", err=True)
    return keyring


def _current(keyring: Keyring) -> Key:
    if keyring.current is None:
        raise click.ClickException(_NO_KEY)
    return keyring.current


def _local_tenants() -> tuple[str, ...] | None:
    """The tenants of the local database; None when there is none, which a question doesn't make."""
    from continuum.cli.session import open_local_database
    from continuum.core.settings import Settings
    from continuum.storage.tenants import list_tenants

    place = Settings.from_environ().database
    if isinstance(place, Path) and not place.exists():
        return None
    with open_local_database() as database, database.read() as connection:
        return tuple(tenant.public_id for tenant, _ in list_tenants(connection))
