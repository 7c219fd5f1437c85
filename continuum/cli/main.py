"""The ``continuum`` command: its table of commands, and what becomes of errors."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from continuum import __version__
from continuum.cli.lazy import LazyGroup
from continuum.core.errors import (
    ContinuumError,
    InvalidFilter,
    InvalidProvenance,
    InvalidRecord,
    InvalidSuccession,
    InvalidTenant,
    InvalidText,
    KeyNotFound,
    MemoryNotFound,
    SettingsError,
    TenantNotFound,
)
from continuum.core.settings import telemetry_requested

# A new command group is one line here; its module is imported when it is used.
COMMANDS = {
    "init": "continuum.cli.init:init",
    "keys": "continuum.cli.keys:keys",
    "tenants": "continuum.cli.tenants:tenants",
    "learn": "continuum.cli.learn:learn",
    "recall": "continuum.cli.recall:recall",
    "search": "continuum.cli.recall:search",
    "supersede": "continuum.cli.succession:supersede",
    "forget": "continuum.cli.forget:forget",
    "export": "continuum.cli.exchange:export",
    "import": "continuum.cli.exchange:import_command",
    "backup": "continuum.cli.backup:backup",
    "restore": "continuum.cli.backup:restore",
    "doctor": "continuum.cli.doctor:doctor",
    "status": "continuum.cli.status:status",
    "serve": "continuum.cli.serve:serve",
    "dev": "continuum.cli.dev:dev",
    "telemetry": "continuum.cli.telemetry:telemetry_group",
    "sentry": "continuum.cli.telemetry_sentry:sentry",
}

# These set telemetry up themselves: in the server's process, or in any case.
_OWN_TELEMETRY = frozenset({"serve", "dev", "telemetry", "sentry"})
# What the person at the keyboard can put right: nobody else needs to hear of it.
_MISUSE = (InvalidFilter, InvalidProvenance, InvalidTenant, InvalidText)
_EXPECTED = (InvalidRecord, InvalidSuccession, KeyNotFound, MemoryNotFound, SettingsError, TenantNotFound)
_FLUSH_SECONDS = 2.0


@click.group(cls=LazyGroup, lazy_commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="continuum")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
@click.pass_context
def cli(context: click.Context, *, debug: bool) -> None:
    """Memory for AI applications: learn turns, recall what matters."""
    if debug:
        context.call_on_close(_print_traceback)
    if context.invoked_subcommand not in _OWN_TELEMETRY and telemetry_requested():
        from continuum.core.observing import start_telemetry

        start_telemetry(short_lived=True)


def main() -> NoReturn:
    """Run the command line; exits with 0, with 1 after an error, with 2 after a usage error."""
    code = _run()
    if "telemetry" in sys.modules:
        sys.modules["telemetry"].shutdown(_FLUSH_SECONDS)
    sys.exit(code)


def _run() -> int:
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("aborted", err=True)
        return 130
    except BrokenPipeError:
        # The reader has gone, as in `continuum search … | head`: the flush at exit would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (*_MISUSE, *_EXPECTED) as error:
        line = error.values.get("line")
        click.echo(f"Error: {error}" if line is None else f"Error: line {line}: {error}", err=True)
        return 2 if isinstance(error, _MISUSE) else 1
    except Exception as error:
        _report(error)
        return 1
    return code if isinstance(code, int) else 0


def _report(error: Exception) -> None:
    import telemetry

    event_id = telemetry.capture_exception(error)
    telemetry.flush(_FLUSH_SECONDS)
    # Messages of our own errors are constant words; others may quote what was stored.
    reason = str(error) if isinstance(error, ContinuumError) else type(error).__name__
    hint = "" if "--debug" in sys.argv else " (`continuum --debug …` shows where)"
    click.echo(f"Error: {reason}{hint}", err=True)
    if event_id is not None:
        click.echo(f"Reported as event {event_id}.", err=True)


def _print_traceback() -> None:
    import traceback

    if sys.exc_info()[1] is not None:
        traceback.print_exc()
