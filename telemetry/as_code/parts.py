"""The four parts of what Sentry holds: how each is read, and what has to be written for the files to be right."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from telemetry.as_code.comparing import ABSENT, differences
from telemetry.as_code.steps import Step, by_name, steps_of, unknown
from telemetry.as_code.target import SentryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from telemetry.as_code.client import SentryClient
    from telemetry.as_code.wanted import Wanted

_WRITE_ONLY: Final = frozenset({"queryType"})


def settings_steps(client: SentryClient, wanted: Wanted) -> Iterator[Step]:
    """Grouping, highlights and data scrubbing of the project."""
    found = dict(client.project())
    for key in ("fingerprintingRules", "groupingEnhancements"):
        # Sentry cuts blanks at the ends off.
        found[key] = (found.get(key) or "").strip().replace("\r\n", "\n")
    found["relayPiiConfig"] = _parsed(found.get("relayPiiConfig"))
    told = tuple(
        difference
        for key, value in wanted.settings.items()
        # These are the project's alone: what somebody added to them takes away from events.
        for difference in differences(value, found.get(key, ABSENT), key, exact=True)
    )
    changed = {difference.path.partition(".")[0].partition("[")[0] for difference in told}
    body = {key: value for key, value in wanted.settings.items() if key in changed}
    if "relayPiiConfig" in body:
        body["relayPiiConfig"] = json.dumps(body["relayPiiConfig"])
    yield Step("project settings", "", told, "PUT" if told else "", client.project_path, body)


def monitor_steps(client: SentryClient, wanted: Wanted) -> Iterator[Step]:
    """Metric monitors of the project."""
    there = by_name(_monitors(client), "name", "monitor")
    yield from steps_of(
        "monitor",
        wanted.monitors,
        {name: _monitor_as_sent(entry) for name, entry in there.items()},
        (client.new_monitor_path, lambda name: f"{client.organization_path}detectors/{there[name]['id']}/"),
        comparable=_without_order,
    )
    yield from unknown("monitor", there, wanted.monitors)


def alert_steps(client: SentryClient, wanted: Wanted) -> Iterator[Step]:
    """Alerts, tied to the monitors that they watch."""
    monitors = _monitors(client)
    ids = {entry["name"]: int(entry["id"]) for entry in monitors if entry.get("type") == "metric_issue"}
    of_errors = [int(entry["id"]) for entry in monitors if entry.get("type") == "error"]
    bodies, missing = {}, {}
    for plain, body in wanted.alerts.items():
        watched, name = wanted.watches[plain], plain + client.suffix
        if watched is None and not of_errors:
            raise SentryError("the project has no monitor of type error, which Sentry makes with a project")
        missing[name] = tuple(monitor for monitor in watched or () if monitor not in ids)
        tied = of_errors if watched is None else [ids[monitor] for monitor in watched if monitor in ids]
        bodies[name] = {**body, "name": name, "detectorIds": tied}
    path = f"{client.organization_path}workflows/"
    there = by_name(list(client.every(path)), "name", "alert")
    paths = (path, lambda name: f"{path}{there[name]['id']}/")
    for step in steps_of("alert", bodies, there, paths, comparable=_with_sorted_ids):
        yield replace(step, waits_for=missing[step.name])
    yield from unknown("alert", there, bodies, client.suffix)


def dashboard_steps(client: SentryClient, wanted: Wanted) -> Iterator[Step]:
    """Dashboards, for this project alone."""
    project = int(client.project()["id"])
    bodies = {
        title: {**body, "title": title, "projects": [project]}
        for plain, body in wanted.dashboards.items()
        for title in [plain + client.suffix]
    }
    path = f"{client.organization_path}dashboards/"
    there = by_name(list(client.every(path)), "title", "dashboard")
    # The list doesn't show what is on them.
    whole = {title: client.get(f"{path}{there[title]['id']}/") for title in bodies if title in there}
    yield from steps_of("dashboard", bodies, whole, (path, lambda title: f"{path}{there[title]['id']}/"))
    yield from unknown("dashboard", there, bodies, client.suffix)


PARTS: Final[tuple[Callable[[SentryClient, Wanted], Iterator[Step]], ...]] = (
    settings_steps,
    monitor_steps,
    alert_steps,
    dashboard_steps,
)
"""In the order in which they are written: alerts need their monitors."""


def _monitors(client: SentryClient) -> list[dict[str, Any]]:
    path = f"{client.organization_path}detectors/"
    return list(client.every(path, project=str(client.project()["id"])))


def _monitor_as_sent(entry: dict[str, Any]) -> dict[str, Any]:
    """A monitor in the form in which it is sent: Sentry gives its query back two levels deeper."""
    found = [source.get("queryObj") or {} for source in entry.get("dataSources") or ()]
    return {**entry, "dataSources": [query.get("snubaQuery") or {} for query in found]}


def _without_order(entry: dict[str, Any]) -> dict[str, Any]:
    """A monitor whose kinds of events are in one order, without what Sentry takes and doesn't give back."""
    sources = [
        {key: value for key, value in source.items() if key not in _WRITE_ONLY}
        | {"eventTypes": sorted(source.get("eventTypes") or ())}
        for source in entry["dataSources"]
    ]
    return {**entry, "dataSources": sources}


def _with_sorted_ids(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "detectorIds": sorted(str(number) for number in entry.get("detectorIds") or ())}


def _parsed(config: Any) -> Any:
    try:
        return json.loads(config) if config else {}
    except (TypeError, ValueError):
        return config
