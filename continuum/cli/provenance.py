"""The options that say where a text comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from continuum.cli.forms import IDEMPOTENCY_KEY, METADATA, MOMENT, SESSION

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")

_OPTIONS = (
    click.option("--session", type=SESSION, help="The conversation that it belongs to."),
    click.option(
        "--at",
        "occurred_at",
        type=MOMENT,
        metavar="TIME",
        help="When it was said, as ISO 8601; now otherwise.",
    ),
    click.option(
        "--metadata",
        type=METADATA,
        default="{}",
        metavar="JSON",
        help="What else belongs to it, as a JSON object.",
    ),
    click.option(
        "--idempotency-key",
        type=IDEMPOTENCY_KEY,
        metavar="KEY",
        help="Within 24 hours the same request with the same key is answered again, and stored once.",
    ),
)


def provenance_options(command: _Command) -> _Command:
    """Give a command the options of what is said once: ``session``, ``occurred_at``, ``metadata``, and a key."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
