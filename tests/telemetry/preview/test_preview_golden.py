from __future__ import annotations

import json
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
KINDS = ("event", "trace", "span", "text")


def case_of(kind):
    case = json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf-8"))
    given = case["input"] if isinstance(case["input"], str) else json.dumps(case["input"])
    return given, case


@pytest.mark.parametrize("profile", ["strict", "balanced"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_input_gives_the_places_that_are_written_down(preview, kind, profile):
    given, case = case_of(kind)
    done = preview(given, "--json", "--profile", profile)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == case[profile]


@pytest.mark.parametrize("kind", KINDS)
def test_where_no_id_stands_in_a_message_development_is_like_balanced(preview, kind):
    given, case = case_of(kind)
    assert json.loads(preview(given, "--json", "--profile", "development").stdout) == case["balanced"]


@pytest.mark.parametrize(
    ("profile", "left"),
    [
        ("strict", "[data]"),
        ("balanced", "[data]"),
        ("development", "no order 7f3a9c21b04d of [redacted:email]"),
    ],
)
def test_an_id_in_a_message_stays_in_development_only(preview, profile, left):
    given = "no order 7f3a9c21b04d of maya@example.org"
    assert preview(given, "--clean", "--profile", profile).stdout == left + "\n"


@pytest.mark.parametrize("kind", KINDS)
def test_in_the_strict_profile_nothing_planted_is_left(preview, kind):
    given, _ = case_of(kind)
    assert "maya" not in preview(given, "--clean").stdout.lower()


@pytest.mark.parametrize("profile", ["strict", "balanced", "development"])
@pytest.mark.parametrize("kind", KINDS)
def test_previewing_what_would_leave_changes_nothing(preview, kind, profile):
    given, _ = case_of(kind)
    clean = preview(given, "--clean", "--profile", profile).stdout
    assert json.loads(preview(clean, "--json", "--profile", profile).stdout) == []
    again = preview(clean, "--clean", "--profile", profile).stdout
    # The gate for events gives the same fields in an order of its own.
    assert (again == clean) if kind == "text" else (json.loads(again) == json.loads(clean))


def test_the_text_form_names_path_rule_before_and_after(preview):
    given, _ = case_of("text")
    shown = preview(given, "--profile", "balanced").stdout
    assert shown == (
        "text, profile balanced\n"
        "\n"
        "text  stripe-key, email\n"
        "  - paid with sk_live_0123456789abcdefghij by maya@example.org\n"
        "  + paid with [redacted:stripe-key] by [redacted:email]\n"
        "\n"
        "1 place changed, 0 sent as they are.\n"
    )
