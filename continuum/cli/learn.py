"""``continuum learn`` and ``continuum note``: remember a turn, or one text by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from continuum.cli.forms import IMPORTANCE, SAID
from continuum.cli.provenance import provenance_options
from continuum.cli.session import json_option, tenant_option
from continuum.core.records import ROLES, Note, Turn

if TYPE_CHECKING:
    from continuum.core.records import Learned


@click.command()
@click.argument("user_message", type=SAID)
@click.argument("ai_response", type=SAID, required=False)
@provenance_options
@tenant_option
@json_option
def learn(
    user_message: str,
    ai_response: str | None,
    tenant: str | None,
    idempotency_key: str | None,
    *,
    as_json: bool,
    **said: Any,
) -> None:
    """Remember USER_MESSAGE and, when given, AI_RESPONSE. A dash reads a text from standard input."""
    _show(_learn(tenant, Turn(user_message, ai_response, **said), idempotency_key), as_json=as_json)


@click.command()
@click.argument("text", type=SAID)
@click.option("--role", type=click.Choice(ROLES), default="note", show_default=True, help="Who said it.")
@click.option(
    "--importance",
    type=IMPORTANCE,
    default="0.5",
    show_default=True,
    metavar="NUMBER",
    help="Kept with it, from 0 to 1.",
)
@provenance_options
@tenant_option
@json_option
def note(text: str, tenant: str | None, idempotency_key: str | None, *, as_json: bool, **said: Any) -> None:
    """Remember TEXT by itself. A dash reads it from standard input."""
    _show(_learn(tenant, Note(text, **said), idempotency_key), as_json=as_json)


def _learn(tenant: str | None, item: Turn | Note, key: str | None) -> Learned:
    from continuum.cli.session import open_engine

    with open_engine(tenant) as (engine, found):
        return engine.learn(found, item, idempotency_key=key)


def _show(learned: Learned, *, as_json: bool) -> None:
    from continuum.cli.showing import print_json, print_learned

    if as_json:
        print_json(learned)
    else:
        print_learned(learned)
