"""The placeholders of ``%`` and ``str.format``: splits texts at them, and puts a log record's arguments in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from telemetry.privacy import places
from telemetry.privacy.seals import DATA, seal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from telemetry.privacy.cleaning import Judge

Pieces = list[str | None]
"""Literal texts in order, and None for each hole."""

_PERCENT: Final = re.compile(
    r"%(?:\((?P<name>[^()]{0,100})\))?"
    r"(?P<format>[#0\- +]{0,5}(?:\*|\d{1,4})?(?:\.(?:\*|\d{1,4}))?[hlL]?(?P<conversion>[diouxXeEfFgGcrsa%]))"
)
"""A placeholder of the ``%`` operator."""
_BRACES: Final = re.compile(r"\{\{|\}\}|\{[^{}]{0,100}(?:\{[^{}]{0,50}\}[^{}]{0,50}){0,4}\}")


def percent_pieces(text: str) -> Pieces:
    """A text for the ``%`` operator, split at its placeholders."""
    return _split(_PERCENT, text, {"%%": "%"})


def brace_pieces(text: str) -> Pieces:
    """A text for ``str.format``, split at its placeholders."""
    return _split(_BRACES, text, {"{{": "{", "}}": "}"})


def _split(pattern: re.Pattern[str], text: str, escapes: dict[str, str]) -> Pieces:
    pieces: Pieces = []
    at = 0
    for found in pattern.finditer(text):
        pieces.append(text[at : found.start()])
        pieces.append(escapes.get(found[0]))
        at = found.end()
    pieces.append(text[at:])
    return pieces


def formatted(text: str, arguments: Sequence[object] | Mapping[str, object], judge: Judge) -> str:
    """A cleaned template with its arguments put in as logging does it: one mapping, or one after another.

    Nothing of the application is called: containers and values of other than plain types are data.
    """
    values: Sequence[object] = arguments if type(arguments) in (tuple, list) else ()  # type: ignore[assignment]  # mypy doesn't narrow by an exact type
    alone = values[0] if len(values) == 1 else arguments
    mapping = alone if type(alone) is dict else None
    waiting = iter(values)

    def put(placeholder: re.Match[str]) -> str:
        if placeholder["conversion"] == "%":
            return "%"
        # An ellipsis stands for what is missing: like everything of unknown type, it becomes data.
        argument = next(waiting, ...) if mapping is None else mapping.get(placeholder["name"], ...)
        if type(argument) in (int, float) and len(placeholder["format"]) <= 8:
            try:
                text = f"%{placeholder['format']}" % argument
            except (TypeError, ValueError, OverflowError):
                return DATA
            return text if places.is_number(text.strip()) else DATA
        if type(argument) is str:
            if places.is_number(argument):
                return argument
            judged = judge(argument)
            return DATA if judged is None else seal(judged)
        return str(argument) if argument is None or type(argument) is bool else DATA

    return _PERCENT.sub(put, text)
