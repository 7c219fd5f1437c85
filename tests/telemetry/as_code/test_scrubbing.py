"""Sentry's data scrubbing: made of our policy, read by Sentry's own library, neither too weak nor too strong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from sentry_relay import processing

from telemetry.as_code.command import privacy_file
from telemetry.as_code.privacy import BUILT_IN, carried_over, scrubbing_of_policy
from telemetry.privacy import policy, words

# Secrets made from their formats, for the rules of the policy itself.
sys.path.insert(0, str(Path(__file__).parents[1] / "privacy"))
import corpus_secrets

FOLDER = Path(__file__).parents[3] / "deploy/sentry"
SCRUBBING = scrubbing_of_policy()


def stripped(event: dict[str, Any], *configs: dict[str, Any]) -> dict[str, Any]:
    for config in configs or (SCRUBBING["relayPiiConfig"],):
        event = processing.pii_strip_event(config, event)
    return event


def sentry_s_own() -> dict[str, Any]:
    return dict(
        processing.convert_datascrubbing_config(
            {
                "scrubData": SCRUBBING["dataScrubber"],
                "scrubDefaults": SCRUBBING["dataScrubberDefaults"],
                "scrubIpAddresses": SCRUBBING["scrubIPAddresses"],
                "sensitiveFields": SCRUBBING["sensitiveFields"],
                "excludeFields": SCRUBBING["safeFields"],
            }
        )
    )


def with_texts(text: str) -> dict[str, Any]:
    """An event that holds a text wherever somebody who goes past telemetry may put it."""
    return {
        "event_id": "a" * 32,
        "logentry": {"formatted": text},
        "exception": {"values": [{"type": "ValueError", "value": text}]},
        "breadcrumbs": {"values": [{"message": text}]},
        "extra": {"note_of_mine": {"deeper": [text]}},
    }


def texts(value: Any) -> list[str]:
    """Every text that is left in an event."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []


def test_the_file_is_what_the_policy_gives() -> None:
    assert (FOLDER / "privacy.yaml").read_text() == privacy_file()


def test_sentry_s_library_accepts_it_and_would_notice_a_wrong_one() -> None:
    processing.validate_pii_config(json.dumps(SCRUBBING["relayPiiConfig"]))
    for field in SCRUBBING["safeFields"]:
        processing.validate_pii_selector(field)
    wrong = {"rules": {"x": {"type": "pattern", "pattern": "(?=x)"}}, "applications": {"$string": ["x"]}}
    with pytest.raises(ValueError, match="look-around"):
        processing.validate_pii_config(json.dumps(wrong))


def test_no_regular_expression_has_to_be_cut() -> None:
    for name, rule in SCRUBBING["relayPiiConfig"]["rules"].items():
        processing.validate_pii_config(
            json.dumps({"rules": {name: rule}, "applications": {"$string": [name]}})
        )


def test_every_secret_that_a_carried_rule_knows_is_found_by_sentry() -> None:
    lines = [line for line in corpus_secrets.corpus() if line.rule in carried_over()]
    assert {line.rule for line in lines} == set(carried_over())
    missed = {
        line.rule for line in lines for text in texts(stripped(with_texts(line.line))) if line.secret in text
    }
    assert missed == set()


@pytest.mark.parametrize(
    "text",
    ["mail to somebody@home.example now", "card 4111 1111 1111 1111", "see https://me:secret@host.example/"],
)
def test_sentry_s_own_rules_stand_in_for_ours(text: str) -> None:
    kept = json.dumps(stripped(with_texts(text)))
    assert not [word for word in text.split() if len(word) > 8 and f"{word} " in kept + " "]
    assert text not in kept


@pytest.mark.parametrize("key", ["api_key", "user.password", "email", "prompt", "http.request.header.accept"])
def test_what_stands_under_a_sensitive_key_goes(key: str) -> None:
    event = {
        "extra": {key: "plain"},
        "contexts": {"mine": {key: "plain"}},
        "breadcrumbs": {"values": [{"message": "kept", "data": {key: "plain"}}]},
    }
    found = stripped(event)
    assert "plain" not in json.dumps(found)
    assert found["breadcrumbs"]["values"][0]["message"] == "kept"


def test_what_telemetry_sends_on_purpose_passes_both_fences() -> None:
    keys = sorted({*policy.SAFE_KEYS, *words.NUMERIC_KEYS} - policy.DROPPED_KEYS)
    data = dict.fromkeys(keys, "plain")
    event = {
        "extra": data,
        "contexts": {"otel": {"attributes": data}},
        "breadcrumbs": {"values": [{"message": "kept", "data": data}]},
    }
    found = stripped(event, SCRUBBING["relayPiiConfig"], sentry_s_own())
    places = (
        found["extra"],
        found["contexts"]["otel"]["attributes"],
        found["breadcrumbs"]["values"][0]["data"],
    )
    assert [[key for key in keys if place.get(key) != "plain"] for place in places] == [[], [], []]


def test_without_the_safe_fields_sentry_would_take_what_is_meant() -> None:
    found = stripped(
        {"extra": {"gen_ai.usage.input_tokens": "17"}},
        processing.convert_datascrubbing_config(
            {"scrubData": True, "scrubDefaults": True, "sensitiveFields": [], "excludeFields": []}
        ),
    )
    assert found["extra"]["gen_ai.usage.input_tokens"] != "17"


def test_no_rule_that_exists_here_only_is_called_built_in() -> None:
    config = {"rules": {}, "applications": {"$string": list(BUILT_IN)}}
    processing.validate_pii_config(json.dumps(config))
    assert stripped(with_texts("a@b.example"), config)["logentry"]["formatted"] != "a@b.example"
