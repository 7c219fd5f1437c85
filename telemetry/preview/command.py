"""The command that previews: reads an item, prints what would leave of it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from telemetry.configuration.settings import Settings
from telemetry.preview import application, demo, printing
from telemetry.preview.forms import ACCEPTED, UnknownFormError, recognised
from telemetry.preview.gating import Preview, preview_of, scrubbing_of
from telemetry.privacy.vocabulary import PROFILES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telemetry.gate.scrubbing import Scrubbing

_ABOUT = f"""Show what would leave of an item, place by place, with the rule that acted there. The item is
{ACCEPTED}. It goes through the gates that telemetry itself uses, with the settings of the present environment;
nothing is sent anywhere. What stood there before is printed too: this is your own terminal. Without FILE and
standard input, or with --demo, a demo request with planted values is shown."""


def run(arguments: Sequence[str], program: str) -> int:
    """Run the command; 0, or 2 when the arguments or the input can't be used."""
    parser = _parser(program)
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit as end:  # argparse has printed the help, or what is wrong
        return end.code if isinstance(end.code, int) else 2
    try:
        settings = Settings.from_environ(os.environ)
        routes = application.load(chosen.app) if chosen.app else ()
        if chosen.demo or (chosen.file is None and sys.stdin.isatty()):
            forms, routes = demo.forms(), (*routes, *demo.ROUTES)
        else:
            forms = [recognised(_read(chosen.file))]
        scrubbing = scrubbing_of(settings, chosen.profile, routes)
        previews = [preview_of(form, scrubbing) for form in forms]
    except ModuleNotFoundError as error:
        parser.print_usage(sys.stderr)
        sys.stderr.write(f"Error: this needs {error.name}: pip install 'continuum-memory[monitoring]'\n")
        return 2
    except ValueError as error:
        parser.print_usage(sys.stderr)
        sys.stderr.write(f"Error: {error}\n")
        return 2
    for problem in settings.problems:
        sys.stderr.write(f"Note: {problem}\n")
    _write(_written(previews, scrubbing, chosen))
    return 0


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description=_ABOUT)
    parser.add_argument("file", metavar="FILE", nargs="?", help="the item; - or nothing for standard input")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print a list of {path, before, after, rule}")
    form.add_argument("--clean", action="store_true", help="print what would leave, and nothing else")
    parser.add_argument(
        "--profile", choices=PROFILES, help="the profile; that of CONTINUUM_TELEMETRY_PRIVACY when not given"
    )
    parser.add_argument(
        "--app",
        metavar="MODULE[:ATTRIBUTE]",
        help="import your application first, with telemetry off: strict knows the words of loaded code",
    )
    parser.add_argument("--demo", action="store_true", help="show a demo request with planted values")
    return parser


def _read(file: str | None) -> str:
    try:
        raw = sys.stdin.buffer.read() if file in (None, "-") else Path(str(file)).read_bytes()
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnknownFormError("the input is no UTF-8") from error
    except OSError as error:
        raise ValueError(f"the file can't be read ({type(error).__name__})") from error


def _written(previews: list[Preview], scrubbing: Scrubbing, chosen: argparse.Namespace) -> str:
    if chosen.clean:
        return "\n".join(
            preview.clean
            if isinstance(preview.clean, str)
            else json.dumps(preview.clean, ensure_ascii=False, indent=2)
            for preview in previews
            if preview.clean is not None
        )
    if chosen.json:
        entries = [entry for preview in previews for entry in printing.as_json(preview)]
        return json.dumps(entries, ensure_ascii=False, indent=2)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    profile = scrubbing.vocabulary.profile
    return "\n\n".join(printing.as_text(preview, profile, colour=colour) for preview in previews)


def _write(text: str) -> None:
    """Print a text of which standard output may not be able to write every character."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
