from __future__ import annotations

import pytest

from telemetry.sentry.dsn import Dsn


def test_a_dsn_gives_its_endpoints():
    dsn = Dsn.parse("https://abc@o1.example.org:9000/prefix/42")
    assert dsn.envelope_url == "https://o1.example.org:9000/prefix/api/42/envelope/"
    assert dsn.otlp_url("traces") == "https://o1.example.org:9000/prefix/api/42/integration/otlp/v1/traces/"
    assert dsn.auth_header.startswith("Sentry sentry_key=abc, sentry_version=7, sentry_client=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "https://host/1",
        "https://key@host/",
        "https://key@host/x",
        "ftp://key@host/1",
        "https://key@host/1?a",
    ],
)
def test_what_is_no_dsn_is_refused_without_being_shown(text):
    with pytest.raises(ValueError, match="expected https://PUBLIC_KEY@HOST/PROJECT_ID"):
        Dsn.parse(text)


@pytest.mark.parametrize(
    ("text", "inspector"),
    [
        ("http://inspector@127.0.0.1:8421/1", True),
        ("http://inspector@localhost:8421/1", True),
        ("http://inspector@[::1]:8421/1", True),
        ("http://inspector@example.org/1", False),
        ("http://abc@127.0.0.1/1", False),
    ],
)
def test_the_inspector_is_its_key_on_loopback(text, inspector):
    assert Dsn.parse(text).is_inspector is inspector


def test_its_representation_keeps_the_key():
    assert "abc" not in f"{Dsn.parse('https://abc@host/1')!r}{Dsn.parse('https://abc@host/1')}"
