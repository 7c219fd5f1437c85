"""Keeps a log line's template apart from its arguments, for events and breadcrumbs made from log records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logging import LogRecord

_PLAIN = (int, float, type(None))


def parts(record: LogRecord) -> dict[str, Any]:
    """The template as the code has it, numbers among the arguments, and the file that logged it.

    The gate keeps the template when it stands in that file; other arguments are not kept at all.
    """
    arguments = record.args if isinstance(record.args, tuple) else ()
    return {
        "message": record.msg if type(record.msg) is str else "",
        "params": [argument if type(argument) in _PLAIN else "" for argument in arguments],
        "path": record.pathname,
    }


def with_parts(crumb: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """A breadcrumb with the parts of the log record it was made from; its formatted message goes."""
    record = hint.get("log_record")
    if record is not None:
        crumb["logentry"] = parts(record)
        crumb["message"] = None
        crumb["data"] = {}
    return crumb
