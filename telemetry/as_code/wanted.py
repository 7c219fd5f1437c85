"""What Sentry should hold, made of the files; whatever is wrong with one of them is told before Sentry is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from telemetry.as_code.grouping import settings_of_grouping
from telemetry.as_code.sources import ALERTS, DASHBOARDS, SourceError, checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from telemetry.as_code.sources import Sources

OURS: Final = "continuum: "
"""How our names begin: what begins so and stands in no file was ours once."""
ERRORS: Final = "errors"
"""What an alert may watch besides monitors: the project's errors, by the monitor that Sentry makes for them."""

_MONITOR: Final[dict[str, type]] = {
    "name": str,
    "type": str,
    "enabled": bool,
    "description": str,
    "dataSources": list,
    "conditionGroup": dict,
    "config": dict,
}
_ALERT: Final[dict[str, type]] = {
    "name": str,
    "watches": object,
    "enabled": bool,
    "environment": object,
    "config": dict,
    "triggers": dict,
    "actionFilters": list,
}
_DASHBOARD: Final[dict[str, type]] = {"title": str, "period": str, "widgets": list}


@dataclass(frozen=True)
class Wanted:
    """Bodies as Sentry's API takes them, by name, without the ids that only Sentry knows."""

    settings: dict[str, Any]
    monitors: dict[str, dict[str, Any]]
    alerts: dict[str, dict[str, Any]]
    """Without what they watch."""
    watches: dict[str, list[str] | None]
    """Names of monitors, by the alert's name; None for the project's errors."""
    dashboards: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, sources: Sources) -> Wanted:
        """What the files say.

        Raises:
            SourceError: one of them has not the form that it describes itself.

        """
        monitors = dict(_entries(sources.alerts["monitors"], f"{ALERTS} monitors", _MONITOR))
        alerts = dict(_entries(sources.alerts["alerts"], f"{ALERTS} alerts", _ALERT))
        for name, entry in monitors.items():
            if not all(isinstance(source, dict) for source in entry["dataSources"]):
                raise SourceError(f"{ALERTS} {name}.dataSources: expected a list of mappings")
        return cls(
            settings=settings_of_grouping(sources.grouping) | sources.privacy,
            monitors=monitors,
            alerts={
                name: {key: entry[key] for key in entry if key != "watches"} for name, entry in alerts.items()
            },
            watches={name: _watched(entry["watches"], monitors) for name, entry in alerts.items()},
            dashboards=dict(_entries(sources.dashboards["dashboards"], DASHBOARDS, _DASHBOARD, key="title")),
        )


def _watched(watches: Any, monitors: Mapping[str, Any]) -> list[str] | None:
    if watches == ERRORS:
        return None
    if isinstance(watches, list) and watches and all(name in monitors for name in map(str, watches)):
        return watches
    raise SourceError(f"{ALERTS} alerts.watches: expected {ERRORS}, or names of monitors in the file")


def _entries(
    given: list[Any], place: str, needed: Mapping[str, type], key: str = "name"
) -> Iterator[tuple[str, dict[str, Any]]]:
    seen = set()
    for number, entry in enumerate(given, 1):
        found = checked(entry, f"{place}[{number}]", needed, {})
        if not found[key].startswith(OURS):
            raise SourceError(f"{place}[{number}].{key}: has to begin with {OURS!r}")
        if found[key] in seen:
            raise SourceError(f"{place}[{number}].{key}: is given twice")
        seen.add(found[key])
        yield found[key], found
