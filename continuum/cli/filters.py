"""The options by which commands narrow down which memories are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from continuum.cli.forms import CONCEPT, MOMENT, SESSION
from continuum.core.records import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")

_OPTIONS = (
    click.option("--session", type=SESSION, help="Only of this conversation."),
    click.option("--role", type=click.Choice(ROLES), help="Only what this role said."),
    click.option(
        "--concept", type=CONCEPT, help="Only what mentions this concept; `continuum entities` lists them."
    ),
    click.option("--since", type=MOMENT, metavar="TIME", help="Only from then on, as ISO 8601."),
    click.option("--until", type=MOMENT, metavar="TIME", help="Only before then, as ISO 8601."),
)


def filter_options(command: _Command) -> _Command:
    """Give a command the options whose values make a ``Filters``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def limit_option(default: int, most: int = 100) -> Callable[[_Command], _Command]:
    """How many a command shows at most."""
    return click.option(
        "--limit",
        type=click.IntRange(1, most),
        default=default,
        show_default=True,
        help="At most so many.",
    )
