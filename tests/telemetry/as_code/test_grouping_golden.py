"""What the real service sends falls into the groups, and gets the titles, that grouping_rules.yaml promises."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fingerprint_rules
import golden_events
import pytest
from fingerprint_rules import Group
from sentry_ophio.enhancers import Cache, Component, Enhancements
from sentry_relay import processing

from telemetry.as_code.sources import Sources
from telemetry.as_code.wanted import Wanted

if TYPE_CHECKING:
    from fingerprint_rules import Rule

pytestmark = pytest.mark.xdist_group("golden")

WANTED = Wanted.of(Sources.of(Path(__file__).parents[3] / "deploy/sentry"))
EXPECTED = {
    "test": Group(("telemetry-test",), "Test of error reporting"),
    "learn": Group(("learn-failed",), "Learning failed"),
    "recall": Group(("recall-failed",), "Recall failed"),
    "forget": Group(("storage-failed",), "The database refused"),
    "locked": Group(("database-locked",), "The database is locked"),
    "redis": Group(("redis-unreachable",), "Redis can't be reached"),
}


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    home = tmp_path_factory.mktemp("golden")
    # Side by side, because one of the service's errors takes ten seconds of waiting for a lock.
    with ThreadPoolExecutor() as pool:
        redis = pool.submit(golden_events.of_a_program_without_redis, home)
        return golden_events.of_the_service(home) | {"redis": [redis.result()]}


@pytest.fixture(scope="module")
def rules() -> list[Rule]:
    return fingerprint_rules.parse(WANTED.settings["fingerprintingRules"])


def test_every_event_falls_into_its_group_under_its_title(
    events: dict[str, list[dict[str, Any]]], rules: list[Rule]
) -> None:
    found = {
        what: {fingerprint_rules.group_of(event, rules) for event in sent} for what, sent in events.items()
    }
    assert found == {what: {group} for what, group in EXPECTED.items()}


def test_two_tenants_are_in_one_group(events: dict[str, list[dict[str, Any]]], rules: list[Rule]) -> None:
    for what in ("test", "learn", "recall"):
        assert len({event["user"]["id"] for event in events[what]}) == 2
        assert len({fingerprint_rules.group_of(event, rules) for event in events[what]}) == 1


def test_every_rule_is_tried_here_or_in_the_test_of_the_synchronisation(rules: list[Rule]) -> None:
    tried = {group.fingerprint[0] for group in EXPECTED.values()} | {"sync-timeout"}
    assert {rule.fingerprint[0] for rule in rules} == tried


def test_an_error_of_nobody_s_rule_keeps_sentry_s_own_grouping(
    events: dict[str, list[dict[str, Any]]], rules: list[Rule]
) -> None:
    event = json.loads(json.dumps(events["test"][0]).replace("TelemetryTestError", "LookupError"))
    assert fingerprint_rules.group_of(event, rules).fingerprint == ("{{ default }}",)


def test_frames_are_ours_or_not_as_the_rules_say(events: dict[str, list[dict[str, Any]]]) -> None:
    (event,) = events["locked"]
    exceptions = event["exception"]["values"]
    frames = [frame for entry in exceptions for frame in entry["stacktrace"]["frames"]]
    ours = _applied(frames)[0]
    modules = {frame["module"].partition(".")[0]: in_app for frame, in_app in zip(frames, ours, strict=True)}
    assert modules["continuum"] is True
    for other in ("telemetry", "starlette", "fastapi", "anyio", "sqlalchemy"):
        assert modules[other] is False


def test_what_stands_around_every_error_does_not_count_for_the_group(
    events: dict[str, list[dict[str, Any]]],
) -> None:
    (event,) = events["locked"]
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    counting = _applied(frames)[1]
    names = {
        (frame["module"].partition(".")[0], frame["function"])
        for frame, counts in zip(frames, counting, strict=True)
        if counts
    }
    assert ("continuum", "learn") in names
    assert ("continuum", "_raising") not in names
    assert not {module for module, _ in names} & {"telemetry", "starlette", "fastapi", "anyio", "uvicorn"}


def test_sentry_s_scrubbing_leaves_what_the_service_sends_as_it_is(
    events: dict[str, list[dict[str, Any]]],
) -> None:
    config = WANTED.settings["relayPiiConfig"]
    for sent in events.values():
        for event in sent:
            accepted = processing.StoreNormalizer(project_id=1, protocol_version="7").normalize_event(event)
            assert processing.pii_strip_event(config, accepted).get("_meta") == accepted.get("_meta")


def _applied(frames: list[dict[str, Any]]) -> tuple[list[bool], list[bool]]:
    """Which frames are ours and which count, after the rules; before them none is said to be ours."""
    rules = Enhancements.parse(WANTED.settings["groupingEnhancements"], Cache(100))
    given = [
        {
            "category": None,
            "family": b"python",
            "function": frame["function"].encode(),
            "in_app": None,
            "orig_in_app": None,
            "module": frame["module"].encode(),
            "package": None,
            "path": frame["filename"].encode(),
        }
        for frame in frames
    ]
    exception: dict[str, bytes | None] = {"ty": b"LearnError", "value": b"", "mechanism": None}
    components = [Component(contributes=True) for _ in frames]
    ours = [in_app for _, in_app in rules.apply_modifications_to_frames(given, exception)]
    rules.assemble_stacktrace_component(given, exception, components)
    return [bool(mine) for mine in ours], [bool(component.contributes) for component in components]
