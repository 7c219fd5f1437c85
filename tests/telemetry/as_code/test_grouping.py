"""From grouping_rules.yaml to Sentry's texts, and what the reader of the tests makes of them."""

from __future__ import annotations

from typing import Any

import fingerprint_rules
import pytest
from sentry_ophio.enhancers import Cache, Enhancements
from test_grouping_golden import WANTED

from telemetry.as_code.grouping import settings_of_grouping


def grouping(**changes: Any) -> dict[str, Any]:
    rule = {
        "name": "one",
        "why": "because",
        "when": {"error.type": "X"},
        "fingerprint": ["one"],
        "title": "One",
    }
    return {
        "fingerprints": [rule | changes],
        "stack": [{"name": "s", "why": "b", "when": {"app": "yes"}, "then": ["-group"]}],
        "highlights": {"tags": ["release"], "context": {}},
    }


def event(kind: str, value: str = "", **tags: str) -> dict[str, Any]:
    return {"exception": {"values": [{"type": kind, "value": value}]}, "tags": tags}


def test_a_timeout_of_the_synchronisation_has_its_group_and_other_timeouts_don_t() -> None:
    rules = fingerprint_rules.parse(WANTED.settings["fingerprintingRules"])
    for kind in ("TimeoutError", "ReadTimeout"):
        found = fingerprint_rules.group_of(event(kind, operation="sync"), rules)
        assert found == fingerprint_rules.Group(("sync-timeout", "sync"), "Synchronisation took too long")
    assert fingerprint_rules.group_of(event("TimeoutError"), rules).fingerprint == ("{{ default }}",)


def test_a_lock_is_a_lock_whatever_was_being_done_and_over_several_lines() -> None:
    rules = fingerprint_rules.parse(WANTED.settings["fingerprintingRules"])
    found = fingerprint_rules.group_of(
        event("OperationalError", "(sqlite3)\ndatabase is locked\n[SQL: x]"), rules
    )
    assert found.fingerprint == ("database-locked",)


def test_a_connection_error_without_redis_in_its_stack_is_not_redis() -> None:
    rules = fingerprint_rules.parse(WANTED.settings["fingerprintingRules"])
    assert fingerprint_rules.group_of(event("ConnectionError"), rules).fingerprint == ("{{ default }}",)


def test_quotes_and_backslashes_come_back_as_they_were() -> None:
    made = settings_of_grouping(grouping(when={"error.value": 'a "b" \\ c'}, title='It "is" \\'))
    (rule,) = fingerprint_rules.parse(made["fingerprintingRules"])
    assert rule.matchers == ((False, "error.value", 'a "b" \\ c'),)
    assert rule.title == 'It "is" \\'
    assert rule.fingerprint == ("one",)


def test_a_reason_of_several_lines_stays_a_comment() -> None:
    made = settings_of_grouping(grouping(why="because\nerror.type:Y -> y"))
    assert len(fingerprint_rules.parse(made["fingerprintingRules"])) == 1


def test_sentry_reads_the_stack_rules_and_would_notice_a_wrong_one() -> None:
    text = WANTED.settings["groupingEnhancements"]
    Enhancements.parse(text, Cache(100))
    with pytest.raises(RuntimeError):
        Enhancements.parse(text + "\nstack.module:x +what", Cache(100))


@pytest.mark.parametrize(
    "line",
    [
        "error.type:X",
        "error.type:X ->",
        "-> x",
        "nothing:X -> x",
        "error.type:X -> - x = y",
    ],
)
def test_the_reader_of_the_tests_refuses_what_sentry_would(line: str) -> None:
    with pytest.raises(ValueError, match=r"arrow|read|empty|matcher"):
        fingerprint_rules.parse(line)
