from __future__ import annotations

import json

import pytest

from telemetry.configuration.table import rows
from telemetry.doctor.veil import Veil

SECRET = "hunter-Zq7wPx"
LONGER = "fd8Qw3zTgLm6YvRb2NsKcXe9HuJp4AoW"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONTINUUM_TELEMETRY_HASH_KEY", SECRET),
        ("CONTINUUM_TELEMETRY_HASH_KEY", f"{SECRET}//{SECRET}"),
        ("SENTRY_AUTH_TOKEN", SECRET),
        ("CONTINUUM_PASSWORD", SECRET),
        ("OTEL_EXPORTER_OTLP_HEADERS", f"x-key={SECRET},other=1"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Bearer%20" + SECRET),
        ("SENTRY_DSN", f"https://{SECRET}@example.org/7"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", f"https://example.org/v1?token={SECRET}"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", f"https://example.org/{SECRET}-{SECRET}/v1/traces"),
        ("HTTPS_PROXY", f"http://me:{SECRET}@proxy.example.org:8080"),
        ("SENTRY_URL", f"https://[{SECRET}"),
    ],
)
def test_a_secret_of_the_environment_is_covered_wherever_it_stands(name, value):
    veil = Veil({name: value})
    assert SECRET not in veil(f"said <{value}>")


def test_words_that_are_no_secret_stay():
    veil = Veil(
        {
            "CONTINUUM_ENV": "production",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://otel.example.org/v1/traces",
            "SENTRY_KEY": "yes",
            "HTTP_PROXY": "http://continuum:continuum@proxy.example.org",
        }
    )
    text = "production: https://otel.example.org/v1/traces, yes, continuum"
    assert veil(text) == text


@pytest.mark.parametrize(
    "form", ["{}", "https://{}@example.org/7", "https://u:{}@example.org", "x={}", "https://example.org/{}"]
)
def test_a_secret_in_any_variable_stands_nowhere_in_the_report(subject, form):
    from telemetry.doctor.printing import as_text
    from telemetry.doctor.report import report_on

    secret = "sntrys_" + LONGER + LONGER
    names = {name for row in rows() for name in row.variables} | {"DATABASE_URL", "REDIS_URL"}
    environ = dict.fromkeys(names, form.format(secret))
    report = report_on(subject(**environ), seconds=None)
    shown = json.dumps(report.as_data()) + as_text(report, colour=False)
    assert len(report.of("problem")) > 10
    assert secret not in shown
    assert LONGER not in shown
