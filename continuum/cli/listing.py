"""``continuum list``, ``entities`` and ``stats``: what a tenant has, without a question."""

from __future__ import annotations

from typing import Any

import click

from continuum.cli.filters import filter_options, limit_option
from continuum.cli.forms import SAID
from continuum.cli.session import json_option, tenant_option
from continuum.core.records import Filters


@click.command("list")
@click.option("--words", type=SAID, help="Only what holds one of these words, in whatever form.")
@filter_options
@limit_option(50)
@click.option("--cursor", metavar="ID", help="Go on after this memory, the last one of the page before.")
@tenant_option
@json_option
def list_command(
    words: str | None, limit: int, cursor: str | None, tenant: str | None, *, as_json: bool, **filters: Any
) -> None:
    """List memories, newest first, page by page; superseded ones too, unless there are --words."""
    from continuum.cli.session import open_engine
    from continuum.cli.showing import minute, one_line, print_json

    with open_engine(tenant) as (engine, found):
        page = engine.search(found, Filters(**filters), words=words, limit=limit, cursor=cursor)
    if as_json:
        print_json(page)
        return
    for memory in page.memories:
        when = minute(memory.occurred_at or memory.created_at)
        click.echo(f"{memory.id}  {when}  {memory.role:<9}  {one_line(memory.text)}")
    if not page.memories:
        click.echo("Nothing found.", err=True)
    if page.next_cursor is not None:
        click.echo(f"There are more: --cursor {page.next_cursor}", err=True)


@click.command()
@limit_option(50, most=500)
@click.option(
    "--offset", type=click.IntRange(0, 10_000_000), default=0, show_default=True, help="Leave out so many."
)
@click.option(
    "--type",
    "entity_type",
    type=click.Choice(("name", "phrase", "topic", "decision")),
    help="Only concepts of this type.",
)
@tenant_option
@json_option
def entities(limit: int, offset: int, entity_type: str | None, tenant: str | None, *, as_json: bool) -> None:
    """List the concepts of the memories, most mentioned first."""
    from continuum.cli.session import open_engine
    from continuum.cli.showing import one_line, print_json

    with open_engine(tenant) as (engine, whose):
        found, total = engine.entities(whose, limit=limit, offset=offset, entity_type=entity_type)
    if as_json:
        print_json({"entities": found, "total": total, "limit": limit, "offset": offset})
        return
    for entity in found:
        click.echo(f"{entity.mentions:>6}  {entity.type:<8}  {one_line(entity.name)}")
    click.echo(f"{len(found)} of {total}.", err=True)


@click.command()
@tenant_option
@json_option
def stats(tenant: str | None, *, as_json: bool) -> None:
    """Count what a tenant has stored; `continuum status` counts for all."""
    from dataclasses import asdict

    from continuum.cli.session import open_engine
    from continuum.cli.showing import minute, print_json

    with open_engine(tenant) as (engine, found):
        counted = engine.stats(found)
    if as_json:
        print_json(counted)
        return
    for name, value in asdict(counted).items():
        shown = minute(value) if name == "last_learned_at" else value
        click.echo(f"{name + ':':<16} {shown}")
