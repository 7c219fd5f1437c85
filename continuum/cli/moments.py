"""Times on the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic in stubs of newer clicks only
    """An ISO 8601 time; without offset it is local time."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the time; a refusal names the form and not the value."""
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(value).astimezone()
        except (ValueError, OverflowError):
            self.fail("expected an ISO 8601 time such as 2026-03-01 or 2026-03-01T12:00+01:00", param, ctx)
