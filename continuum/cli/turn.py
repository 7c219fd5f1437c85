"""``continuum turn``: recall for a message, then remember the turn."""

from __future__ import annotations

from typing import Any

import click

from continuum.cli.filters import limit_option
from continuum.cli.forms import SAID
from continuum.cli.provenance import provenance_options
from continuum.cli.recall import tokens_option
from continuum.cli.session import json_option, tenant_option
from continuum.core.records import Turn


@click.command()
@click.argument("user_message", type=SAID)
@click.argument("ai_response", type=SAID)
@limit_option(10)
@tokens_option
@provenance_options
@tenant_option
@json_option
def turn(
    user_message: str,
    ai_response: str,
    *,
    limit: int,
    tokens: int,
    tenant: str | None,
    idempotency_key: str | None,
    as_json: bool,
    **said: Any,
) -> None:
    """Print what is remembered about USER_MESSAGE, then remember it with AI_RESPONSE.

    What is remembered goes to standard output, what was learned to standard error.
    """
    from dataclasses import asdict

    from continuum.cli.session import open_engine
    from continuum.cli.showing import print_json, print_learned, print_recalled, with_context

    with open_engine(tenant) as (engine, found):
        recalled = engine.recall(found, user_message, limit)
        learned = engine.learn(
            found, Turn(user_message, ai_response, **said), idempotency_key=idempotency_key
        )
    if as_json:
        print_json({"recall": with_context(recalled, tokens), "learn": asdict(learned)})
        return
    print_recalled(recalled, tokens)
    print_learned(learned, err=True)
