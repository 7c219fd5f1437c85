"""``continuum export`` and ``continuum import``: memories as lines of JSON."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import click

from continuum.cli.session import tenant_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@click.command()
@click.argument("file", type=click.Path(dir_okay=False), default="-")
@tenant_option
def export(file: str, tenant: str | None) -> None:
    """Write all memories to FILE, which is made for its owner alone, or to standard output."""
    from continuum.cli.session import open_engine

    with open_engine(tenant) as (engine, found):
        total = engine.stats(found).memories
        with _writing(file) as out, _bar(total) as advance:
            count = 0
            for count, line in enumerate(engine.export(found), 1):
                out.write(line.encode() + b"\n")
                advance(count)
    click.echo(f"Exported {count} memories.", err=True)


@click.command("import")
@click.argument("file", type=click.File("rb"), default="-")
@tenant_option
def import_command(file: BinaryIO, tenant: str | None) -> None:
    """Learn the memories of FILE, or of standard input; doing it again changes nothing."""
    from continuum.cli.session import open_engine

    size = os.fstat(file.fileno()).st_size if file.name not in {"-", "<stdin>"} else 0
    with open_engine(tenant) as (engine, found), _bar(size) as advance:
        read = 0

        def lines() -> Iterator[bytes]:
            nonlocal read
            for line in file:
                read += len(line)
                yield line

        imported = engine.import_lines(found, lines(), lambda _count: advance(read))
    click.echo(f"Imported {imported.lines} lines: {imported.new} new, {imported.known} known.", err=True)


@contextmanager
def _writing(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdout.buffer
        return
    # What people said is not for everybody on this machine.
    with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out:
        yield out


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error when that is a terminal; the function is told what has been reached."""
    if not _is_terminal() or not total:
        yield lambda _reached: None
        return
    with click.progressbar(length=total, file=sys.stderr) as bar:
        yield lambda reached: bar.update(reached - bar.pos)


def _is_terminal() -> bool:
    return sys.stderr.isatty()
