"""Reads variables from an environment mapping: typed values, where each came from, and what was wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NOTHING: Final = object()


@dataclass(frozen=True)
class Problem:
    """A variable whose value could not be used. The value itself is never kept."""

    variable: str
    accepted: str
    consequence: str

    def __str__(self) -> str:
        return f"{self.variable} is not valid: expected {self.accepted}; {self.consequence}"


@dataclass(frozen=True)
class Reading:
    """How one setting is read: the variables in their order, and the form that they take.

    What a setting is when no variable gives it stands in the dataclass that has it.
    """

    setting: str
    variables: tuple[str, ...]
    parse: Callable[[str], Any]
    accepted: str
    consequence: str = "it is ignored"


@dataclass
class Environment:
    """A mapping of variables, and notes of what was read from it."""

    values: Mapping[str, str]
    sources: dict[str, str] = field(default_factory=dict)
    """By setting: the variable that gave it, or what its default is of."""
    overridden: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By setting: variables that say something else, but come after the one that gave it."""
    problems: list[Problem] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    """What stands beside the variables: arguments, attributes of the resource. Their names hold a space."""

    def read(self, reading: Reading, otherwise: Any, source: str = "default") -> Any:
        """The first of a reading's variables that is set and valid, or ``otherwise``.

        An invalid value is noted as a problem and passed over. ``source`` says where ``otherwise`` is from.
        """
        found: Any = _NOTHING
        for variable in reading.variables:
            raw = self.raw(variable)
            if not raw:
                continue
            try:
                value = reading.parse(raw)
            except ValueError:
                value = _NOTHING
            if found is not _NOTHING:
                if value != found:
                    self.override(reading.setting, variable)
            elif value is _NOTHING:
                self.refuse(variable, reading.accepted, reading.consequence)
            else:
                found = value
                self.sources[reading.setting] = variable
        if found is _NOTHING:
            self.sources[reading.setting] = source
            return otherwise
        return found

    def raw(self, variable: str) -> str:
        """What stands in a variable, without the white space around it; empty when it isn't set."""
        place = self.given if " " in variable else self.values
        return place.get(variable, "").strip()

    def refuse(self, variable: str, accepted: str, consequence: str = "it is ignored") -> None:
        """Note that a variable's value could not be used, once."""
        problem = Problem(variable, accepted, consequence)
        if problem not in self.problems:  # a general variable is read for each signal
            self.problems.append(problem)

    def override(self, setting: str, *variables: str) -> None:
        """Note that variables that are set don't count for a setting."""
        passed = tuple(variable for variable in variables if self.raw(variable))
        if passed:
            self.overridden[setting] = (*self.overridden.get(setting, ()), *passed)
