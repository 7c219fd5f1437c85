"""Writes the table of settings: as a page, as an example of an environment file, as a text for ``--help``."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING, Final

from telemetry.configuration.readings import ARGUMENTS, RESOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from telemetry.configuration.table import Row

WIDTH: Final = 100
_EXAMPLES: Final = {"SENTRY_DSN": "https://PUBLIC_KEY@HOST/PROJECT_ID"}
"""No DSN: it starts nothing."""


def page(rows: Iterable[Row]) -> str:
    """Markdown: a table for each section."""
    parts = []
    for section, group in groupby(rows, key=lambda row: row.section):
        lines = [f"## {section}", "", "| variable | accepted | default | meaning |", "|---|---|---|---|"]
        lines += [
            f"| {_names(row)} | {_cell(row.accepted)} | {_cell(row.default)} | {_cell(row.meaning)} |"
            for row in group
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def env_file(rows: Iterable[Row]) -> str:
    """An environment file in which every variable stands once, commented out."""
    lines: list[str] = []
    seen: set[str] = set()
    for section, group in groupby(rows, key=lambda row: row.section):
        lines += ["", f"# --- {section} ---"]
        for row in group:
            fresh = [name for name in row.variables if name not in seen]
            seen.update(fresh)
            if fresh:
                lines += ["", *_comment(row)]
                lines += [f"# {name}={_EXAMPLES.get(name, '')}" for name in fresh]
    return "\n".join(lines) + "\n"


def help_text(rows: Iterable[Row]) -> str:
    """Plain text, at most 100 columns wide."""
    lines: list[str] = []
    for section, group in groupby(rows, key=lambda row: row.section):
        lines += ["", f"{section}:"]
        for row in group:
            if row.variables:
                lines += textwrap.wrap(
                    ", ".join(row.variables), WIDTH, initial_indent="  ", subsequent_indent="  "
                )
                lines += _wrapped(_plain(row), "      ")
    return "\n".join(lines[1:]) + "\n"


def _names(row: Row) -> str:
    names = ", then ".join(_name(name) for name in row.names)
    return names + ("; before it, for one signal, " + ", ".join(map(_name, row.own)) if row.own else "")


def _name(name: str) -> str:
    """A variable; or an argument, or a key within the resource's variable."""
    for argument in ARGUMENTS:
        if name == f"argument {argument}":
            return f"argument `{argument}`"
    key, _, within = name.partition(" of ")
    return f"`{key}` of `{RESOURCE}`" if within else f"`{name}`"


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


def _plain(row: Row) -> Iterator[str]:
    yield row.meaning.replace("``", "")
    if row.accepted:
        yield f"Accepted: {row.accepted}."
    if row.default:
        yield f"Default: {row.default}."


def _comment(row: Row) -> list[str]:
    return _wrapped(_plain(row), "# ")


def _wrapped(parts: Iterable[str], indent: str) -> list[str]:
    lines: list[str] = []
    for part in parts:
        lines += textwrap.wrap(
            part,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines
