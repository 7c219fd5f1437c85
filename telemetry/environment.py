"""Reads variables from an environment mapping: typed values, where each came from, and what was wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True)
class Problem:
    """A variable whose value could not be used. The value itself is never kept."""

    variable: str
    accepted: str
    consequence: str

    def __str__(self) -> str:
        return f"{self.variable} is not valid: expected {self.accepted}; {self.consequence}"


@dataclass
class Environment:
    """A mapping of variables, and notes of what was read from it."""

    values: Mapping[str, str]
    sources: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def first(
        self,
        setting: str,
        *variables: str,
        parse: Callable[[str], T],
        accepted: str,
        otherwise: T,
        source: str = "default",
    ) -> T:
        """The first of some variables that is set and valid, or ``otherwise``.

        An invalid value is noted as a problem and passed over. ``source`` says where ``otherwise`` is from.
        """
        for variable in variables:
            raw = self.values.get(variable, "").strip()
            if not raw:
                continue
            try:
                value = parse(raw)
            except ValueError:
                problem = Problem(variable, accepted, "it is ignored")
                if problem not in self.problems:  # a general variable is read for each signal
                    self.problems.append(problem)
                continue
            self.sources[setting] = variable
            return value
        self.sources[setting] = source
        return otherwise


def text(raw: str) -> str:
    """Any text of one line, up to 200 characters."""
    if len(raw) > 200 or not raw.isprintable():
        raise ValueError("one line of up to 200 characters")
    return raw


def rate(raw: str) -> float:
    """A number from 0 to 1."""
    value = float(raw)
    if not 0.0 <= value <= 1.0:
        raise ValueError("a number from 0 to 1")
    return value


def seconds(raw: str) -> float:
    """A number of seconds from 0 to 300."""
    value = float(raw)
    if not 0.0 <= value <= 300.0:
        raise ValueError("seconds from 0 to 300")
    return value


def milliseconds(raw: str) -> float:
    """A number of milliseconds from 1 to 300,000, as seconds."""
    value = float(raw)
    if not 1.0 <= value <= 300_000.0:
        raise ValueError("milliseconds from 1 to 300000")
    return value / 1000


def whole(least: int, most: int) -> Callable[[str], int]:
    """A parser that takes whole numbers within bounds."""

    def parse(raw: str) -> int:
        value = int(raw)
        if not least <= value <= most:
            raise ValueError("out of bounds")
        return value

    return parse


def flag(raw: str) -> bool:
    """``true`` or ``false``, as OpenTelemetry writes them; ``1`` and ``0`` too."""
    lowered = raw.lower()
    if lowered in ("true", "1"):
        return True
    if lowered in ("false", "0"):
        return False
    raise ValueError("true or false")


def one_of(*choices: str) -> Callable[[str], str]:
    """A parser that takes one of some words, in any case."""

    def parse(raw: str) -> str:
        if raw.lower() not in choices:
            raise ValueError("one of the choices")
        return raw.lower()

    return parse


def url(raw: str) -> str:
    """An absolute http or https URL without credentials."""
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError("an absolute URL")
    _ = parts.port  # reading it raises ValueError for a port that is no number
    return raw.rstrip("/")


def pairs(raw: str) -> tuple[tuple[str, str], ...]:
    """``key=value`` pairs separated by commas, values percent-encoded, as OpenTelemetry writes them."""
    found = []
    for part in raw.split(","):
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise ValueError("key=value,key=value")
        found.append((key.strip(), unquote(value.strip())))
    return tuple(found)


def names(raw: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def header_names(raw: str) -> tuple[str, ...]:
    """HTTP header names separated by commas, lower-cased."""
    found = names(raw)
    if not all(_HEADER_NAME.fullmatch(name) for name in found):
        raise ValueError("header names")
    return tuple(name.lower() for name in found)
