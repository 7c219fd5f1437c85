"""``continuum recall`` and ``continuum search``: two views of what is remembered about something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from continuum.cli.filters import filter_options, limit_option
from continuum.cli.forms import SAID
from continuum.cli.session import json_option, tenant_option
from continuum.core.records import CONTEXT_TOKENS, Filters

if TYPE_CHECKING:
    from continuum.core.records import Recalled

tokens_option = click.option(
    "--tokens",
    type=click.IntRange(0, 100_000),
    default=CONTEXT_TOKENS,
    show_default=True,
    help="End the text between memories, after about so many tokens.",
)


@click.command()
@click.argument("query", type=SAID)
@limit_option(10)
@tokens_option
@filter_options
@tenant_option
@json_option
def recall(query: str, limit: int, tokens: int, tenant: str | None, *, as_json: bool, **filters: Any) -> None:
    """Print what is remembered about QUERY as text for a prompt. A dash reads QUERY from standard input."""
    from continuum.cli.showing import print_json, print_recalled, with_context

    recalled = _recall(query, limit, tenant, filters)
    if as_json:
        print_json(with_context(recalled, tokens))
    else:
        print_recalled(recalled, tokens)


@click.command()
@click.argument("query", type=SAID)
@limit_option(10)
@filter_options
@tenant_option
@json_option
def search(query: str, limit: int, tenant: str | None, *, as_json: bool, **filters: Any) -> None:
    """List the memories that match QUERY best, with scores and ids; `continuum list` lists by time."""
    from continuum.cli.showing import one_line, print_json

    memories = _recall(query, limit, tenant, filters).memories
    if as_json:
        print_json(memories)
        return
    for memory in memories:
        click.echo(f"{memory.score:.2f}  {memory.id}  {memory.role:<9}  {one_line(memory.text)}")


def _recall(query: str, limit: int, tenant: str | None, filters: dict[str, Any]) -> Recalled:
    from continuum.cli.session import open_engine

    with open_engine(tenant) as (engine, found):
        recalled = engine.recall(found, query, limit, Filters(**filters))
    if not recalled.memories:
        click.echo("Nothing found.", err=True)
    return recalled
