"""``continuum supersede``: let one memory take the place of another."""

from __future__ import annotations

import click

from continuum.cli.session import tenant_option


@click.command()
@click.argument("memory_id")
@click.argument("by")
@tenant_option
def supersede(memory_id: str, by: str, tenant: str | None) -> None:
    """Let the memory with the id BY take the place of the one with MEMORY_ID; recall finds BY alone."""
    from continuum.cli.session import open_engine

    with open_engine(tenant) as (engine, found):
        engine.supersede(found, memory_id, by)
    click.echo("Superseded.", err=True)
