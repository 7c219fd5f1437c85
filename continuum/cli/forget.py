"""``continuum forget``: erase a memory, a session or a tenant."""

from __future__ import annotations

import click

from continuum.cli.session import json_option, tenant_option


@click.command()
@click.argument("memory_id", required=False)
@click.option("--session", help="Erase what was said in this conversation and in no other.")
@click.option("--everything", is_flag=True, help="Erase the tenant: memories, keys and name.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@tenant_option
@json_option
def forget(
    memory_id: str | None,
    session: str | None,
    tenant: str | None,
    *,
    everything: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase the memory with the id MEMORY_ID, a session, or everything of a tenant; prints a receipt."""
    from continuum.cli.session import open_engine
    from continuum.cli.showing import print_json

    if sum((memory_id is not None, session is not None, everything)) != 1:
        raise click.UsageError("give one of MEMORY_ID, --session and --everything")
    with open_engine(tenant) as (engine, found):
        if everything and not yes:
            click.confirm("Erase this tenant with all its memories and keys?", abort=True, err=True)
        if everything:
            receipt = engine.forget_tenant(found)
        elif session is not None:
            receipt = engine.forget_session(found, session)
        else:
            receipt = engine.forget(found, memory_id or "")
    if as_json:
        print_json(receipt)
        return
    counts = ", ".join(f"{count} {kind}" for kind, count in receipt.counts.items())
    click.echo(f"Erased {counts}. Receipt {receipt.id}.")
