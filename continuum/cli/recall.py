"""``continuum recall`` and ``continuum search``: two views of what is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from continuum.cli.moments import Moment
from continuum.cli.session import json_option, tenant_option
from continuum.core.records import ROLES, Filters

if TYPE_CHECKING:
    from continuum.core.records import RecalledMemory


@click.command()
@click.argument("query")
@click.option(
    "--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="At most so many memories."
)
@tenant_option
def recall(query: str, limit: int, tenant: str | None) -> None:
    """Print what is remembered about QUERY as text for a prompt."""
    for memory in _recall(query, limit, tenant, {}):
        click.echo(f"[{memory.role}] {memory.text}")


@click.command()
@click.argument("query")
@click.option(
    "--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="At most so many memories."
)
@click.option("--session", help="Only of this conversation.")
@click.option("--role", type=click.Choice(ROLES), help="Only what this role said.")
@click.option("--concept", help="Only what mentions this concept; see `/v1/entities`.")
@click.option("--since", type=Moment(), metavar="TIME", help="Only from then on, as ISO 8601.")
@click.option("--until", type=Moment(), metavar="TIME", help="Only before then, as ISO 8601.")
@tenant_option
@json_option
def search(query: str, limit: int, tenant: str | None, *, as_json: bool, **filters: Any) -> None:
    """List the memories that match QUERY, with scores and ids."""
    import json

    memories = _recall(query, limit, tenant, filters)
    if as_json:
        click.echo(json.dumps([_as_json(memory) for memory in memories], ensure_ascii=False))
        return
    for memory in memories:
        line = " ".join(memory.text.split())
        click.echo(
            f"{memory.score:.2f}  {memory.id}  {memory.role:<9}  {line[:100]}{'…' if len(line) > 100 else ''}"
        )


def _recall(query: str, limit: int, tenant: str | None, filters: dict[str, Any]) -> list[RecalledMemory]:
    from continuum.cli.session import open_engine

    with open_engine(tenant) as (engine, found):
        memories = engine.recall(found, query, limit, Filters(**filters)).memories
    if not memories:
        click.echo("Nothing found.", err=True)
    return memories


def _as_json(memory: RecalledMemory) -> dict[str, Any]:
    from dataclasses import asdict

    occurred_at = memory.occurred_at.isoformat() if memory.occurred_at else None
    return asdict(memory) | {"created_at": memory.created_at.isoformat(), "occurred_at": occurred_at}
