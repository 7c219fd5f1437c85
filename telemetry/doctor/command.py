"""The command that examines telemetry: reads its arguments, prints the report, tells by its exit code."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import telemetry
from telemetry.doctor import printing
from telemetry.doctor.report import report_on
from telemetry.doctor.subject import ApplicationNotLoadedError, begin, quiet, silence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from telemetry.pipeline import Pipeline

SECONDS = 10.0
"""For how long answers are waited for: as long as one exchange may take."""
_LONGEST = 300.0
_AT_THE_END = 0.2
_ABOUT = """Examine telemetry in the present environment: settings and where they come from, what is live and
why not, scrubbing, propagation, keys, the disk spool, known traps; then send one test error with its trace, and
say what each backend answered. Exits with 0 when there is no problem, with 1 when there is one, with 2 when the
arguments can't be used. No secret is printed."""


def run(
    arguments: Sequence[str],
    program: str,
    running: Callable[[], Pipeline | None],
    *,
    service: str | None = None,
    version: str | None = None,
) -> int:
    """Run the command; its exit code.

    Args:
        arguments: what was typed after the command.
        program: how the command is called.
        running: gives the pipeline that runs in this process.
        service: what the application calls itself.
        version: its version.

    """
    parser = _parser(program)
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit as end:  # argparse has printed the help, or what is wrong
        return end.code if isinstance(end.code, int) else 2
    try:
        with quiet():
            subject = begin(
                running, service=service, version=version, application=chosen.app, sends=not chosen.no_send
            )
            report = report_on(subject, seconds=None if chosen.no_send else chosen.timeout)
    except ApplicationNotLoadedError as error:
        parser.print_usage(sys.stderr)
        sys.stderr.write(f"Error: {error}\n")
        return 2
    finally:
        with quiet():
            if chosen.no_send:
                silence(running())  # also what the application has made since
            telemetry.shutdown(_AT_THE_END)
    if chosen.json:
        _write(json.dumps(report.as_data(), indent=2))
    else:
        _write(printing.as_text(report, colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR")))
    return 0 if report.healthy else 1


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description=_ABOUT, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print findings and all settings as JSON")
    parser.add_argument("--no-send", action="store_true", help="let nothing leave this process")
    parser.add_argument(
        "--app", metavar="MODULE:APP", help="import your application first, to see what it sets up itself"
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=SECONDS,
        help=f"for how long answers are waited for; {SECONDS:g} when not given",
    )
    return parser


def _seconds(raw: str) -> float:
    with suppress(ValueError):
        if 0.0 < (value := float(raw)) <= _LONGEST:
            return value
    raise argparse.ArgumentTypeError(f"expected seconds, above 0 and up to {_LONGEST:g}")


def _write(text: str) -> None:
    """Print a text of which standard output may not be able to write every character."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
