"""``continuum learn``: remember a turn."""

from __future__ import annotations

import click

from continuum.cli.session import json_option, tenant_option


@click.command()
@click.argument("user_message")
@click.argument("ai_response", required=False)
@click.option("--session", help="The conversation that the turn belongs to.")
@tenant_option
@json_option
def learn(
    user_message: str, ai_response: str | None, session: str | None, tenant: str | None, *, as_json: bool
) -> None:
    """Remember USER_MESSAGE and, when given, AI_RESPONSE."""
    import json
    from dataclasses import asdict

    from continuum.cli.session import open_engine
    from continuum.core.records import Turn

    with open_engine(tenant) as (engine, found):
        learned = engine.learn(found, Turn(user_message, ai_response, session))
    if as_json:
        click.echo(json.dumps(asdict(learned)))
        return
    new = len(learned.memory_ids) - learned.duplicates
    click.echo(
        f"Learned {new} new, {learned.duplicates} known; {learned.concepts_extracted} concepts,"
        f" {learned.decisions_detected} decisions, {learned.links_created} new links."
    )
