"""Values on the command line: the forms they are accepted in. A refusal names the form and never the value."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from continuum.core.errors import ContinuumError
from continuum.core.provenance import (
    IMPORTANCE_FORM,
    METADATA_FORM,
    SESSION_FORM,
    checked_importance,
    checked_metadata,
    checked_session,
)
from continuum.core.texts import MAX_TEXT_BYTES, TEXT_FORM, checked_text

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_KEY: Final = 200


class Form(click.ParamType):  # type: ignore[type-arg]  # generic in stubs of newer clicks only
    """A value that is read, or refused by its form.

    Args:
        name: what the help calls the value.
        form: what is accepted, in words that follow "expected".
        read: reads a value; raises a ContinuumError, ValueError, OverflowError or RecursionError where it can't.

    """

    def __init__(self, name: str, form: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._form = form
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the value."""
        try:
            return self._read(value)
        except (ContinuumError, ValueError, OverflowError, RecursionError):
            self.fail(f"expected {self._form}", param, ctx)


def _said(value: str) -> str:
    if value == "-":
        # Bounded: one more than what is accepted, and the end of the line.
        value = sys.stdin.buffer.read(MAX_TEXT_BYTES + 3).decode().rstrip("\r\n")
    return checked_text(value)


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone()


def _metadata(value: str) -> dict[str, Any]:
    import json

    found = json.loads(value)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - what a form refuses
    return checked_metadata(found)


def _key(value: str) -> str:
    if not 0 < len(value) <= _LONGEST_KEY:
        raise ValueError("too long")
    return value


SAID: Final = Form("text", f"{TEXT_FORM}; `-` reads it from standard input", _said)
"""What somebody says: out of sight of the machine's list of processes when it comes by standard input."""
CONCEPT: Final = Form("text", TEXT_FORM, checked_text)
SESSION: Final = Form("text", SESSION_FORM, checked_session)
METADATA: Final = Form("json", METADATA_FORM, _metadata)
IMPORTANCE: Final = Form("number", IMPORTANCE_FORM, lambda value: checked_importance(float(value)))
IDEMPOTENCY_KEY: Final = Form("text", f"text of 1 to {_LONGEST_KEY} characters", _key)
MOMENT: Final = Form("time", "an ISO 8601 time such as 2026-03-01 or 2026-03-01T12:00+01:00", _moment)
"""A time; without offset it is local time."""
