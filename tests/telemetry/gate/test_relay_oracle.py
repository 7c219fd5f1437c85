"""Sentry's own ingest as a second opinion: it rejects nothing of ours, and finds nothing left to scrub."""

from __future__ import annotations

import json
from typing import Any

import captured
import pytest

from telemetry.configuration.settings import Settings
from telemetry.gate.events import clean_event
from telemetry.identity import Identity
from telemetry.privacy.scrub import Scrubber
from telemetry.privacy.vocabulary import Vocabulary

processing = pytest.importorskip(
    "sentry_relay.processing", reason="sentry-relay has no wheel for this platform", exc_type=ImportError
)

EVENTS = {"error": captured.error_event, "log": captured.log_event}
if captured.MAKES_TRANSACTIONS:
    EVENTS["transaction"] = captured.transaction
STRICTEST = {
    "scrubData": True,
    "scrubIpAddresses": True,
    "scrubDefaults": True,
    "sensitiveFields": [],
    "excludeFields": [],
}


def clean(event: dict[str, Any]) -> dict[str, Any]:
    identity = Identity.of(
        Settings.from_environ({"CONTINUUM_SERVER_NAME": "unit-1", "CONTINUUM_RELEASE": "a@1"})
    )
    found = clean_event(event, None, Scrubber(Vocabulary("strict")), identity)
    return json.loads(json.dumps(found))


def complaints(meta: Any, path: str = "") -> list[str]:
    """Where ``_meta`` notes an error or a remark."""
    found = []
    for key, inner in meta.items() if isinstance(meta, dict) else ():
        if key == "" and (inner.get("err") or inner.get("rem")):
            found.append(f"{path}: {inner}")
        elif key != "":
            found += complaints(inner, f"{path}.{key}")
    return found


def normalized(event: dict[str, Any]) -> dict[str, Any]:
    return processing.StoreNormalizer(project_id=1, protocol_version="7").normalize_event(event)


def stripped(event: dict[str, Any]) -> dict[str, Any]:
    config = processing.convert_datascrubbing_config(STRICTEST)
    return processing.pii_strip_event(config, event)


@pytest.mark.parametrize("kind", EVENTS)
def test_what_the_sdk_builds_holds_what_was_planted(kind):
    assert any(secret in json.dumps(EVENTS[kind]()) for secret in captured.PLANTED.values())


@pytest.mark.parametrize("kind", sorted(EVENTS.keys() - {"log"}))
def test_the_oracle_would_have_found_something(kind):
    assert complaints(stripped(EVENTS[kind]()).get("_meta"))


@pytest.mark.parametrize("kind", EVENTS)
def test_what_we_send_is_accepted_as_it_is(kind):
    assert complaints(normalized(clean(EVENTS[kind]())).get("_meta")) == []


@pytest.mark.parametrize("kind", EVENTS)
def test_what_we_send_leaves_nothing_to_scrub(kind):
    event = clean(EVENTS[kind]())
    assert complaints(stripped(event).get("_meta")) == []
    assert complaints(stripped(normalized(event)).get("_meta")) == []


@pytest.mark.parametrize("kind", EVENTS)
def test_nothing_planted_is_in_what_we_send(kind):
    sent = json.dumps(clean(EVENTS[kind]()))
    assert [name for name, secret in captured.PLANTED.items() if secret in sent] == []
