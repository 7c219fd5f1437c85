"""What Sentry counted and never showed is asked for, told with its reason, and makes a check fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sentry_api import SentryApi

from telemetry.as_code.command import run
from telemetry.as_code.losses import MEANINGS
from telemetry.ledger import End
from telemetry.sentry.reports import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "sntryu_" + "7a" * 32


@pytest.fixture
def api() -> Iterator[SentryApi]:
    with SentryApi(TOKEN) as api:
        yield api


def losses(api: SentryApi, *arguments: str) -> int:
    environ = {
        "SENTRY_URL": api.url,
        "SENTRY_AUTH_TOKEN": TOKEN,
        "SENTRY_ORG": "acme",
        "SENTRY_PROJECT": "memory",
    }
    return run(["losses", *arguments], "sentry", environ)


def test_losses_are_told_with_what_their_reasons_mean(
    api: SentryApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.stats = [
        ("accepted", "span", "", 5000),
        ("client_discard", "span", "sample_rate", 900),
        ("client_discard", "error", "event_processor", 2),
        ("rate_limited", "span", "key_quota", 40),
        ("client_discard", "span", "queue_overflow", 0),
    ]
    assert losses(api, "--since", "24h") == 1
    assert capsys.readouterr().out.splitlines() == [
        "40 span, rate_limited (key_quota)",
        "2 error, client_discard (event_processor: withheld, because it could not be scrubbed)",
    ]


def test_what_was_sampled_out_or_arrived_is_no_loss(
    api: SentryApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.stats = [("accepted", "span", "", 5000), ("client_discard", "span", "sample_rate", 900)]
    assert losses(api) == 0
    assert capsys.readouterr().out == "Nothing was lost within 1h.\n"


def test_every_reason_that_telemetry_reports_has_a_meaning() -> None:
    assert set(MEANINGS) == {reason for end, reason in REASONS.items() if end is not End.SAMPLED_OUT}


def test_an_answer_in_another_form_is_no_all_clear(
    api: SentryApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.fail("GET /api/0/organizations/acme/stats_v2/", 200, {"groups": [{"by": {}}]})
    assert losses(api) == 2
    assert "another form than documented" in capsys.readouterr().err


@pytest.mark.parametrize("period", ["", "1", "90m", "0h", "1h&project=-1"])
def test_a_period_in_another_form_is_a_usage_error(
    api: SentryApi, period: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert losses(api, "--since", period) == 2
    assert "expected hours or days" in capsys.readouterr().err
    assert api.calls == []
