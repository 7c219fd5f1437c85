"""One thing that the doctor found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["problem", "note", "ok"]
STATES: tuple[State, ...] = ("problem", "note", "ok")
"""From the worst to the best."""


@dataclass(frozen=True)
class Finding:
    """``id`` is the same from run to run, ``said`` one sentence, ``do`` empty when all is well."""

    id: str
    state: State
    said: str
    do: str = ""


def ok(finding: str, said: str) -> Finding:
    """All is well."""
    return Finding(finding, "ok", said)


def note(finding: str, said: str, do: str = "") -> Finding:
    """Nothing is wrong, but somebody may wonder."""
    return Finding(finding, "note", said, do)


def problem(finding: str, said: str, do: str) -> Finding:
    """Something is wrong: there is always something to do."""
    return Finding(finding, "problem", said, do)
