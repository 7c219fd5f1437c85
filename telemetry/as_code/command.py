"""``… sentry COMMAND``: what Sentry's own configuration should be, is, and becomes."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from telemetry.as_code.applying import apply
from telemetry.as_code.client import SentryClient
from telemetry.as_code.losses import PERIOD, losses_of
from telemetry.as_code.parts import PARTS
from telemetry.as_code.printing import say, tell_steps
from telemetry.as_code.sources import SourceError, Sources
from telemetry.as_code.target import SentryError, Target
from telemetry.as_code.wanted import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER = Path("deploy/sentry")
_PRIVACY_HEAD = """\
# Sentry's data scrubbing: a second fence behind the one in the process. Made of telemetry's privacy policy by
#   python -m telemetry sentry privacy > deploy/sentry/privacy.yaml
# A test fails when it is not what the policy gives. relayPiiConfig is written as a mapping and sent as JSON.
"""
_DONE, _DIFFERS, _FAILED = 0, 1, 2


def run(arguments: Sequence[str], program: str, environ: Mapping[str, str] | None = None) -> int:
    """Carry a command out.

    Returns:
        0: done, and Sentry is as the files say (after ``plan`` too, whatever it shows).
        1: ``drift`` found differences, ``losses`` found losses, or ``apply`` could not do everything.
        2: a wrong call, a missing setting, a file in no accepted form, or Sentry didn't answer.

    """
    parser = _parser(program)
    try:
        given = parser.parse_args(arguments)
    except SystemExit as stop:  # argparse's way to end after --help and usage errors
        return stop.code if isinstance(stop.code, int) else _FAILED
    try:
        return _carry_out(given, os.environ if environ is None else environ)
    except BrokenPipeError:
        # The reader has gone, as in `… show | head`: the flush at exit would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _DIFFERS
    except (SentryError, SourceError) as error:
        say(f"error: {error}", sys.stderr)
        return _FAILED


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description="Sentry's own configuration as code.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("plan", "show what apply would write, and write nothing"),
        ("apply", "write what differs, then look whether it is there"),
        ("drift", "exit with 1 when Sentry is not as the files say"),
        ("losses", "exit with 1 when Sentry counted data that it never showed"),
        ("show", "print the rules that the files make, without asking Sentry"),
        ("privacy", "print privacy.yaml as telemetry's policy gives it"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        if name not in ("privacy", "losses"):
            command.add_argument(
                "--from", dest="folder", type=Path, default=FOLDER, help=f"the files' folder; {FOLDER}"
            )
        if name == "losses":
            command.add_argument("--since", type=_period, default="1h", help="hours or days, such as 7d; 1h")
        if name in ("plan", "apply", "drift", "losses"):
            command.add_argument("--org", help="the organisation's slug; SENTRY_ORG")
            command.add_argument("--project", help="the project's slug; SENTRY_PROJECT")
    return parser


def _period(text: str) -> str:
    if PERIOD.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("expected hours or days, such as 1h or 7d")
    return text


def _carry_out(given: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if given.command == "privacy":
        sys.stdout.write(privacy_file())
        return _DONE
    if given.command == "losses":
        return _tell_losses(SentryClient(Target.of(environ, given.org, given.project)), given.since)
    wanted = Wanted.of(Sources.of(given.folder))
    if given.command == "show":
        _show(wanted)
        return _DONE
    client = SentryClient(Target.of(environ, given.org, given.project))
    if given.command == "apply":
        return _DONE if apply(client, wanted) else _DIFFERS
    steps = [step for part in PARTS for step in part(client, wanted)]
    differing = tell_steps(steps)
    if not differing:
        say("Sentry is as the files say.")
    elif given.command == "plan":
        say(f"{differing} to write; nothing was written. `apply` writes it.")
    else:
        say(f"{differing} not as the files say.")
    return _DIFFERS if differing and given.command == "drift" else _DONE


def _tell_losses(client: SentryClient, period: str) -> int:
    lost = losses_of(client, period)
    for loss in lost:
        say(str(loss))
    if not lost:
        say(f"Nothing was lost within {period}.")
    return _DIFFERS if lost else _DONE


def _show(wanted: Wanted) -> None:
    for title, key in (
        ("Fingerprint rules", "fingerprintingRules"),
        ("Stack trace rules", "groupingEnhancements"),
    ):
        say(f"## {title}\n{wanted.settings[key]}\n")
    say(f"## Advanced data scrubbing\n{json.dumps(wanted.settings['relayPiiConfig'], indent=2)}")


def privacy_file() -> str:
    """The text of privacy.yaml, as telemetry's privacy policy gives it.

    Raises:
        SourceError: PyYAML is not installed.

    """
    from telemetry.as_code.privacy import scrubbing_of_policy

    try:
        import yaml
    except ModuleNotFoundError as error:
        raise SourceError("PyYAML is not installed: pip install 'pyyaml>=6'") from error
    text: str = yaml.safe_dump(scrubbing_of_policy(), sort_keys=False, width=110, allow_unicode=True)
    return _PRIVACY_HEAD + text
