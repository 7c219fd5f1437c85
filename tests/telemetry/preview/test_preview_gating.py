from __future__ import annotations

import pytest

from telemetry.configuration.settings import Settings
from telemetry.preview.gating import scrubbing_of

ENVIRON = {
    "CONTINUUM_TELEMETRY_PRIVACY": "balanced",
    "CONTINUUM_TELEMETRY_SAFE_KEYS": "shop.region",
    "CONTINUUM_TELEMETRY_RULES_OFF": "email",
    "DATABASE_URL": "postgresql://db.internal/shop",
    "CONTINUUM_TELEMETRY_HASH_KEY": "k" * 32,
}


def plain(vocabulary):
    kinds = (str, bool, tuple, frozenset)
    return {name: value for name, value in vars(vocabulary).items() if isinstance(value, kinds)}


def test_a_preview_knows_what_the_pipeline_knows():
    # Whoever gives the pipeline's vocabulary another setting is told here that previews need it too.
    pipeline = pytest.importorskip("telemetry.pipeline")
    settings = Settings.from_environ(ENVIRON)
    assert settings.problems == ()
    assert plain(scrubbing_of(settings).vocabulary) == plain(pipeline.build(settings).vocabulary)
    assert plain(scrubbing_of(settings).vocabulary)["profile"] == "balanced"


def test_a_profile_that_is_given_comes_before_the_settings():
    assert scrubbing_of(Settings.from_environ(ENVIRON), "strict").vocabulary.profile == "strict"


def test_a_rule_that_is_switched_off_does_not_act_in_a_preview_either():
    off, on = (
        Settings.from_environ(ENVIRON | {"CONTINUUM_TELEMETRY_RULES_OFF": off}) for off in ("email", "")
    )
    shown = [scrubbing_of(settings).of(None).prose("a@example.org") for settings in (off, on)]
    assert shown == ["a@example.org", "[redacted:email]"]
