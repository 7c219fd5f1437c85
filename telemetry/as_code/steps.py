"""One thing in Sentry at a time: as it should be, or what has to be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from telemetry.as_code.comparing import Difference, differences
from telemetry.as_code.target import SentryError
from telemetry.as_code.wanted import OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Step:
    """One thing in Sentry: as it should be, or what to write."""

    kind: str
    name: str
    differences: tuple[Difference, ...] = ()
    method: str = ""
    """POST when it has to be made, PUT when it has to be changed, empty when there is nothing to write."""
    path: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    waits_for: tuple[str, ...] = ()
    """Monitors that have to be made before."""
    unknown: bool = False
    """It is in Sentry and in no file: told, and left alone."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


def by_name(entries: list[dict[str, Any]], key: str, kind: str) -> dict[str, dict[str, Any]]:
    """What Sentry holds, by name.

    Raises:
        SentryError: something of ours is there twice.

    """
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        name = entry.get(key) or ""
        if name.startswith(OURS) and name in found:
            raise SentryError(f"{kind} {name}: is in Sentry twice; delete one of them there")
        found[name] = entry
    return found


def steps_of(
    kind: str,
    wanted: dict[str, dict[str, Any]],
    there: dict[str, dict[str, Any]],
    paths: tuple[str, Callable[[str], str]],
    comparable: Callable[[dict[str, Any]], Any] = lambda entry: entry,
) -> Iterator[Step]:
    """What has to be written so that each thing is as wanted.

    Args:
        kind: what it is called.
        wanted: bodies by name.
        there: what Sentry holds, in the same form.
        paths: where one is made, and where the one of a name is changed.
        comparable: brings both into a form in which they can be compared.

    """
    new_path, path_of = paths
    for name, body in wanted.items():
        if name not in there:
            yield Step(kind, name, (), "POST", new_path, body)
            continue
        told = tuple(differences(comparable(body), comparable(there[name])))
        yield Step(kind, name, told, "PUT" if told else "", path_of(name), body)


def unknown(kind: str, there: dict[str, Any], wanted: dict[str, Any], suffix: str = "") -> Iterator[Step]:
    """What is called like ours, is in Sentry and in no file."""
    for name in there:
        if name.startswith(OURS) and name.endswith(suffix) and name not in wanted:
            yield Step(kind, name, unknown=True)
