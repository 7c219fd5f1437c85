"""Records on standard output: as JSON, and as lines for people."""

from __future__ import annotations

import re
import sys
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from datetime import datetime

    from continuum.core.records import Learned, Recalled

_WIDTH: Final = 100
# What a terminal obeys instead of showing it; lines and tabs may stay.
_STEERING: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def print_json(found: Any) -> None:
    """Print records, or lists and objects of them, as one line."""
    import json

    written = json.dumps(found, ensure_ascii=False, default=_plain)
    # JSON itself leaves some of these as they are.
    click.echo(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", written))


def print_learned(learned: Learned, *, err: bool = False) -> None:
    """Say in one line what learning did."""
    new = len(learned.memory_ids) - learned.duplicates
    click.echo(
        f"Learned {new} new, {learned.duplicates} known; {learned.concepts_extracted} concepts,"
        f" {learned.decisions_detected} decisions, {learned.links_created} new links.",
        err=err,
    )


def print_recalled(recalled: Recalled, tokens: int) -> None:
    """Print memories as text for a prompt: as it is into a pipe, and so that it can't steer a terminal."""
    if context := recalled.context(tokens):
        click.echo(_tame(context) if sys.stdout.isatty() else context)


def with_context(recalled: Recalled, tokens: int) -> dict[str, Any]:
    """Memories as the API answers a recall."""
    from dataclasses import asdict

    return {"context": recalled.context(tokens), **asdict(recalled)}


def one_line(text: str) -> str:
    """The beginning of what was said, on one line and without what would steer a terminal."""
    line = _tame(" ".join(text.split()))
    return f"{line[:_WIDTH]}…" if len(line) > _WIDTH else line


def minute(moment: datetime | None) -> str:
    """A time, in UTC, as exact as a person who reads a list needs it."""
    return "never" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _tame(text: str) -> str:
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


def _plain(found: Any) -> Any:
    from dataclasses import asdict, is_dataclass

    return asdict(found) if is_dataclass(found) and not isinstance(found, type) else found.isoformat()
