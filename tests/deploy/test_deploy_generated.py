"""What is generated from the privacy policy follows it, and Go's patterns find no less than Python's."""

from __future__ import annotations

import re

import generate
import pytest
from re2 import UntranslatableError, translate

from telemetry.privacy import policy
from telemetry.privacy.patterns import VALUE_RULES


def test_the_committed_rules_are_those_of_the_policy() -> None:
    assert generate.TARGET.read_text(encoding="utf-8") == generate.scrubbing(), (
        "run python deploy/otel/generate.py"
    )


def test_no_key_that_never_leaves_is_allowed() -> None:
    allowed = re.search(r"allowed_keys:\n((?:      - .*\n)+)", generate.scrubbing())
    keys = {line.removeprefix("      - ") for line in allowed[1].splitlines()}
    assert keys >= policy.SAFE_KEYS.keys()
    assert not keys & policy.DROPPED_KEYS


def test_every_rule_for_values_is_translated_unless_it_is_for_running_text() -> None:
    told = set(re.findall(r"^      # ([a-z-]+)$", generate.scrubbing(), re.MULTILINE))
    assert told == {rule.id for rule in VALUE_RULES if not rule.prose}


@pytest.mark.parametrize(
    ("python", "go"),
    [
        (r"(?<!a)b(?!c)", "b"),
        (r"(?<=://)x", "://x"),
        (r"(?i)token", "(?i:token)"),
        (r"a{5,4096}", "a{5,}"),
        (r"(?:b{1,100}){0,12}", "(?:b{1,100})*"),
        (r"(['\"])x\1", "(?:['\"])x(?:['\"])"),
        (r"[^\W\d_]", r"[^\P{L}\d_]"),
        (r"a-b\.c", r"a\-b\.c"),
        ("é", r"\x{e9}"),
    ],
)
def test_what_go_does_not_have_is_left_out_or_widened(python: str, go: str) -> None:
    assert translate(re.compile(python)) == go


def test_what_can_not_be_widened_is_refused() -> None:
    with pytest.raises(UntranslatableError):
        translate(re.compile(r"(a)?(?(1)b|c)"))
