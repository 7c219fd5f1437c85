"""Arguments that an application gives in its code: checked, and put before the environment's variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from telemetry.sentry.dsn import FORM as DSN_FORM
from telemetry.sentry.dsn import Dsn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST: Final = 200


class Argument(NamedTuple):
    """The variable that an argument stands before, and what it has to be."""

    variable: str
    parse: Callable[[Any], str]
    accepted: str


def _rate(value: Any) -> str:
    rate = float(value)
    if isinstance(value, bool) or not 0.0 <= rate <= 1.0:
        raise ValueError("out of range")
    return repr(rate)


def _line(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST or not value.isprintable():
        raise ValueError("not one line")
    return value


def _dsn(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    if value:
        Dsn.parse(value)
    return value


_RATE: Final = "a number from 0 to 1"
_LINE: Final = f"one line of up to {_LONGEST} characters"

ARGUMENTS: Final = {
    "dsn": Argument("SENTRY_DSN", _dsn, DSN_FORM),
    "environment": Argument("CONTINUUM_ENV", _line, _LINE),
    "release": Argument("CONTINUUM_RELEASE", _line, _LINE),
    "sample_rate": Argument("SENTRY_SAMPLE_RATE", _rate, _RATE),
    "traces_sample_rate": Argument("SENTRY_TRACES_SAMPLE_RATE", _rate, _RATE),
}
"""By name; an empty ``dsn`` sends nothing to Sentry, whatever the environment says."""


def before(environ: Mapping[str, str], arguments: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """A copy of an environment in which arguments stand before variables, and what was wrong with them.

    None stands for an argument that wasn't given. What is wrong is named, never shown, and left out.
    """
    merged, problems = dict(environ), []
    for name, value in arguments.items():
        argument = ARGUMENTS.get(name)
        if argument is None:
            problems.append(f"there is no argument {name}; it is ignored")
        elif value is not None:
            try:
                merged[argument.variable] = argument.parse(value)
            except (TypeError, ValueError, OverflowError):
                problems.append(f"the argument {name} is not valid: expected {argument.accepted}; it is ignored")
    return merged, problems
