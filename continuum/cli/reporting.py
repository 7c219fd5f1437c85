"""What telemetry is told about a command: which one it is, and the error that ended it. Never its arguments."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from continuum.core.errors import ContinuumError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Invocation:
    """What became known of one run of the command line."""

    command: str | None = None
    """The subcommand; a group's name stands for all that is in it."""
    shows_tracebacks: bool = False
    event_id: str | None = None
    """The event that tells of the error, once it was captured."""


@contextmanager
def observed(invocation: Invocation, answered: tuple[type[BaseException], ...]) -> Iterator[None]:
    """Start telemetry and make the command one operation; its error is captured while tenant and trace are known.

    Args:
        invocation: which command it is; gets the event's id.
        answered: errors that are told to the person at the keyboard and to nobody else.

    """
    import telemetry
    from continuum.core.observing import start_telemetry

    start_telemetry(short_lived=True)
    before = sys.exc_info()[1]
    with telemetry.operation("cli.command"):
        telemetry.set_operation(cli_command=invocation.command)
        try:
            yield
        finally:
            # A context of click's is closed without being told why, before 8.2.
            error = sys.exc_info()[1]
            if error is not before and isinstance(error, Exception) and not isinstance(error, answered):
                invocation.event_id = telemetry.capture_exception(error)


def report(error: Exception, invocation: Invocation) -> None:
    """Say on stderr what ended a command, and send it unless that was done."""
    import telemetry

    event_id = invocation.event_id or telemetry.capture_exception(
        error, tags={"cli_command": invocation.command}
    )
    # Messages of our own errors are constant words; others may quote what was stored.
    reason = str(error) if isinstance(error, ContinuumError) else type(error).__name__
    hint = "" if invocation.shows_tracebacks else " (`continuum --debug …` shows where)"
    click.echo(f"Error: {reason}{hint}", err=True)
    if event_id is not None:
        click.echo(f"Reported as event {event_id}.", err=True)


def print_traceback() -> None:
    """Print the traceback of the error that is being handled, if there is one."""
    import traceback

    if sys.exc_info()[1] is not None:
        traceback.print_exc()
