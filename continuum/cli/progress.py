"""A progress bar, where there is somebody to see it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error when that is a terminal; the function is told what has been reached."""
    if not is_terminal() or not total:
        yield lambda _reached: None
        return
    with click.progressbar(length=total, file=sys.stderr) as bar:
        yield lambda reached: bar.update(reached - bar.pos)


def is_terminal() -> bool:
    """Whether somebody sees what is written to standard error."""
    return sys.stderr.isatty()
