"""What the commands print: differences, and lines that any terminal can show."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from telemetry.as_code.steps import Step


def tell_steps(steps: Iterable[Step]) -> int:
    """Print what differs; returns how many things do."""
    differing = 0
    for step in steps:
        if step.unknown:
            say(f"? {step}: in Sentry, in no file; left alone")
        elif step.method == "POST":
            say(f"+ {step}" + (" (after its monitors)" if step.waits_for else ""))
        elif step.method:
            say(f"~ {step}")
            for difference in step.differences:
                for line in difference.lines():
                    say(f"    {line}")
        differing += bool(step.method)
    return differing


def say(text: str, stream: TextIO | None = None) -> None:
    """Print lines: without control characters, which Sentry's answers may hold, and on any terminal."""
    out = sys.stdout if stream is None else stream
    plain = "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text)
    encoding = out.encoding or "utf-8"
    out.write(plain.encode(encoding, "backslashreplace").decode(encoding) + "\n")
