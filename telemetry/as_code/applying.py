"""Brings Sentry to what the files say. What fails holds up nothing else, and can be done again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from telemetry.as_code.parts import PARTS
from telemetry.as_code.printing import say, tell_steps
from telemetry.as_code.target import SentryError

if TYPE_CHECKING:
    from telemetry.as_code.client import SentryClient
    from telemetry.as_code.steps import Step
    from telemetry.as_code.wanted import Wanted


def apply(client: SentryClient, wanted: Wanted) -> bool:
    """Write what differs, part after part, and look whether it is there; True when Sentry is as the files say.

    Raises:
        SentryError: what was written can't be read again.

    """
    written, failed = 0, 0
    for part in PARTS:
        try:
            steps = list(part(client, wanted))
        except SentryError as error:
            # What can't be read is left alone; the other parts don't depend on it.
            failed += 1
            say(f"error: {error}", sys.stderr)
            continue
        for step in steps:
            if not step.method:
                continue
            tell_steps([step])
            try:
                _write(client, step)
            except SentryError as error:
                failed += 1
                say(f"error: {step}: {error}", sys.stderr)
            else:
                written += 1
    say(f"{written} written, {failed} failed.")
    if failed:
        say("Run apply again: what is done is not done twice.", sys.stderr)
        return False
    if written and tell_steps(step for part in PARTS for step in part(client, wanted)):
        say("error: Sentry took what was written and holds something else.", sys.stderr)
        return False
    say("Sentry is as the files say.")
    return True


def _write(client: SentryClient, step: Step) -> None:
    if step.waits_for:
        raise SentryError(f"its monitors are not there: {', '.join(step.waits_for)}")
    client.write(step.method, step.path, step.body)
