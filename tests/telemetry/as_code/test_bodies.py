"""Monitors, alerts and dashboards have the documented forms, and say what they seem to say."""

from __future__ import annotations

import inspect
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import documented_forms
import pytest
from jsonschema import Draft202012Validator

from telemetry import self_metrics
from telemetry.as_code.sources import Sources
from telemetry.as_code.wanted import Wanted

FOLDER = Path(__file__).parents[3] / "deploy/sentry"
WANTED = Wanted.of(Sources.of(FOLDER))
BODIES = [
    *((name, body, documented_forms.MONITOR) for name, body in WANTED.monitors.items()),
    *((name, body, documented_forms.ALERT) for name, body in WANTED.alerts.items()),
    *((name, body, documented_forms.DASHBOARD) for name, body in WANTED.dashboards.items()),
]
WIDGETS = [widget for body in WANTED.dashboards.values() for widget in body["widgets"]]


@pytest.mark.parametrize(("body", "form"), [body[1:] for body in BODIES], ids=[body[0] for body in BODIES])
def test_each_has_the_documented_form(body: dict[str, Any], form: dict[str, Any]) -> None:
    assert [f"{list(e.path)}: {e.message}" for e in Draft202012Validator(form).iter_errors(body)] == []


@pytest.mark.parametrize("name", WANTED.monitors)
def test_what_a_monitor_raises_it_also_resolves(name: str) -> None:
    *raising, resolving = WANTED.monitors[name]["conditionGroup"]["conditions"]
    opposite = {"gt": "lte", "lt": "gte"}
    assert resolving["conditionResult"] == 0
    # The mildest threshold is where it is over, with nothing in between.
    assert resolving["comparison"] == raising[-1]["comparison"]
    assert {opposite[condition["type"]] for condition in raising} == {resolving["type"]}
    results = [condition["conditionResult"] for condition in raising]
    assert results == sorted(results, reverse=True)
    assert min(results) > 0


def test_there_is_what_was_asked_for() -> None:
    watched = {
        (source["aggregate"], source["dataset"])
        for body in WANTED.monitors.values()
        for source in body["dataSources"]
    }
    assert ("count()", "events") in watched
    assert ("p95(span.duration)", "events_analytics_platform") in watched
    assert ("count_unique(tags[sentry:user])", "events") in watched
    assert ("percentage(sessions_crashed, sessions) AS _crash_rate_alert_aggregate", "metrics") in watched
    silence = WANTED.monitors["continuum: no spans"]
    assert silence["dataSources"][0]["timeWindow"] == 600
    assert silence["conditionGroup"]["conditions"][0] == {
        "type": "lt",
        "comparison": 1,
        "conditionResult": 75,
    }
    triggers = {c["type"] for body in WANTED.alerts.values() for c in body["triggers"]["conditions"]}
    assert {"first_seen_event", "regression_event", "reappeared_event"} <= triggers
    shown = {
        aggregate for widget in WIDGETS for query in widget["queries"] for aggregate in query["aggregates"]
    }
    assert {"epm()", "p95(span.duration)", "count_unique(user)", "crash_free_rate(session)"} <= shown


def test_every_monitor_has_an_alert() -> None:
    assert {name for names in WANTED.watches.values() for name in names or ()} == set(WANTED.monitors)


@pytest.mark.parametrize("widget", WIDGETS, ids=[widget["title"] for widget in WIDGETS])
def test_a_widget_asks_for_what_it_shows(widget: dict[str, Any]) -> None:
    for query in widget["queries"]:
        parts = {*query["columns"], *query["aggregates"]}
        assert (
            set(query["fields"]) <= parts
            if widget["widgetType"] == "issue"
            else parts == set(query["fields"])
        )
        ordered_by = query["orderby"].removeprefix("-")
        assert not ordered_by or ordered_by in parts or widget["widgetType"] == "issue"
    assert (widget["displayType"] == "table") is ("limit" in widget)


@pytest.mark.parametrize("title", WANTED.dashboards)
def test_widgets_lie_within_the_grid_and_over_no_other(title: str) -> None:
    places = [widget["layout"] for widget in WANTED.dashboards[title]["widgets"]]
    assert all(place["x"] + place["w"] <= 6 for place in places)
    for one, other in combinations(places, 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )


def test_every_metric_that_is_named_exists() -> None:
    text = "".join((FOLDER / name).read_text() for name in ("alerts.yaml", "dashboards.yaml"))
    named = set(re.findall(r"continuum\.telemetry\.[a-z_]+(?:\.[a-z_]+)*", text))
    assert named
    assert not {metric for metric in named if f'"{metric}"' not in inspect.getsource(self_metrics)}


def test_highlighted_tags_are_tags_that_telemetry_sends() -> None:
    from telemetry.gate import events

    of_sentry = {"environment", "release", "server_name", "handled", "transaction"}
    assert set(WANTED.settings["highlightTags"]) <= of_sentry | set(events._TAGS)
