"""The ``continuum`` command: its table of commands, and what becomes of errors."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from continuum import __version__
from continuum.cli.lazy import LazyGroup
from continuum.cli.reporting import Invocation, observed, print_traceback, report
from continuum.core.errors import (
    IdempotencyConflict,
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
from continuum.federation.errors import NotSetUp

# A new command group is one line here; its module is imported when it is used.
COMMANDS = {
    "init": "continuum.cli.init:init",
    "keys": "continuum.cli.keys:keys",
    "tenants": "continuum.cli.tenants:tenants",
    "learn": "continuum.cli.learn:learn",
    "note": "continuum.cli.learn:note",
    "batch": "continuum.cli.batch:batch",
    "turn": "continuum.cli.turn:turn",
    "recall": "continuum.cli.recall:recall",
    "search": "continuum.cli.recall:search",
    "list": "continuum.cli.listing:list_command",
    "entities": "continuum.cli.listing:entities",
    "stats": "continuum.cli.listing:stats",
    "supersede": "continuum.cli.succession:supersede",
    "forget": "continuum.cli.forget:forget",
    "export": "continuum.cli.exchange:export",
    "import": "continuum.cli.exchange:import_command",
    "sync": "continuum.cli.sync:sync",
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
_EXPECTED = (
    IdempotencyConflict, InvalidRecord, InvalidSuccession, KeyNotFound, MemoryNotFound, NotSetUp, SettingsError,
    TenantNotFound,
)  # fmt: skip
_ANSWERED = (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError, *_MISUSE, *_EXPECTED)
_FLUSH_SECONDS = 2.0


@click.group(cls=LazyGroup, lazy_commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="continuum")
@click.option("--debug", "--verbose", is_flag=True, help="Show the traceback of an unexpected error.")
@click.pass_context
def cli(context: click.Context, *, debug: bool) -> None:
    """Memory for AI applications: learn turns, recall what matters."""
    invocation = context.ensure_object(Invocation)
    invocation.command, invocation.shows_tracebacks = context.invoked_subcommand, debug
    if debug:
        context.call_on_close(print_traceback)
    if context.invoked_subcommand not in _OWN_TELEMETRY and telemetry_requested():
        context.with_resource(observed(invocation, _ANSWERED))


def main() -> NoReturn:
    """Run the command line; exits with 0, with 1 after an error, with 2 after a usage error."""
    code = _run()
    if "telemetry" in sys.modules:
        sys.modules["telemetry"].shutdown(_FLUSH_SECONDS)
    sys.exit(code)


def _run() -> int:
    invocation = Invocation()
    try:
        code = cli.main(standalone_mode=False, obj=invocation)
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
        report(error, invocation)
        return 1
    return code if isinstance(code, int) else 0
