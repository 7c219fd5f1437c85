"""``continuum export`` and ``continuum import``: memories as lines of JSON."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from continuum.cli.session import json_option, tenant_option

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command()
@click.argument("file", type=click.Path(dir_okay=False), default="-")
@tenant_option
def export(file: str, tenant: str | None) -> None:
    """Write all memories to FILE, which is made for its owner alone, or to standard output."""
    from continuum.cli.progress import progress_bar
    from continuum.cli.session import open_engine

    with open_engine(tenant) as (engine, found):
        total = engine.stats(found).memories
        with _writing(file) as out, progress_bar(total) as advance:
            count = 0
            for count, line in enumerate(engine.export(found), 1):
                out.write(line.encode() + b"\n")
                advance(count)
    click.echo(f"Exported {count} lines.", err=True)


@click.command("import")
@click.argument("file", type=click.File("rb"), default="-")
@tenant_option
@json_option
def import_command(file: BinaryIO, tenant: str | None, *, as_json: bool) -> None:
    """Learn the memories of FILE, or of standard input; doing it again changes nothing."""
    from continuum.cli.lines import LineReader
    from continuum.cli.progress import progress_bar
    from continuum.cli.session import open_engine
    from continuum.cli.showing import print_json

    reader = LineReader(file)
    with open_engine(tenant) as (engine, found), progress_bar(reader.size) as advance:
        imported = engine.import_lines(found, reader, lambda _count: advance(reader.bytes_read))
    if as_json:
        print_json(imported)
    click.echo(f"Imported {imported.lines} lines: {imported.new} new, {imported.known} known.", err=True)


@contextmanager
def _writing(file: str) -> Iterator[BinaryIO]:
    """Standard output, or a file that is there when it is whole, and not before."""
    if file == "-":
        yield sys.stdout.buffer
        return
    path = Path(file).resolve()
    is_other = path.exists() and not path.is_file()  # a device or a named pipe stays what it is
    draft = path if is_other else path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    making = os.O_WRONLY if is_other else os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        # What people said is not for everybody on this machine.
        with os.fdopen(os.open(draft, making, 0o600), "wb") as out:
            yield out
        draft.replace(path)
    except OSError as error:
        raise click.ClickException("FILE can't be written") from error
    finally:
        if not is_other:
            draft.unlink(missing_ok=True)
