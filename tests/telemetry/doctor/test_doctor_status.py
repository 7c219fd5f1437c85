from __future__ import annotations

import json

from telemetry import pipeline
from telemetry.configuration.settings import Settings
from telemetry.overview import status_of

ENVIRON = {
    "SENTRY_DSN": "http://abc123@127.0.0.1:9/7",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://127.0.0.1:9/v1/logs?token=uQ8kq2Zr",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "x-key=7Qw3zTgLm6",
    "CONTINUUM_TELEMETRY_HASH_KEY": "a key of the test suite, long enough",
    "CONTINUUM_TELEMETRY_SPOOL": "false",
}


def test_the_status_is_json_and_holds_no_secret():
    status = status_of(pipeline.build(Settings.from_environ(ENVIRON)))
    text = json.dumps(status)
    assert json.loads(text) == status
    for planted in ("abc123", "uQ8kq2Zr", "7Qw3zTgLm6", "of the test suite"):
        assert planted not in text
    assert (status["logs_to"], status["metrics_to"]) == ("127.0.0.1:9", None)
    assert status["versions"]["opentelemetry-sdk"]
    assert status["waiting"] == {"Sentry envelopes": 0, "OTLP traces": 0, "OTLP logs": 0}
    assert status["delivery"]["OTLP logs"]["circuit"] == "closed"
