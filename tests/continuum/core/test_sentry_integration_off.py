"""The façade with telemetry off or not installed, as the summary of the integration shows it."""

from __future__ import annotations

import json
import subprocess
import sys
from unittest.mock import patch

import pytest

from continuum.core import sentry_integration

NAMES = [
    "PerformanceTransaction",
    "add_breadcrumb",
    "capture_exception",
    "capture_memory_error",
    "capture_message",
    "close",
    "flush",
    "get_status",
    "init_sentry",
    "is_enabled",
    "monitor_performance",
    "set_operation_context",
    "set_user_context",
]

# The examples of the summary, put together into one program.
SUMMARY = """
import asyncio, json, os, socket, sys, threading
os.environ.pop("SENTRY_DSN", None)
if "--no-extra" in sys.argv:
    for name in ("opentelemetry.sdk", "opentelemetry.instrumentation", "sentry_sdk", "urllib3"):
        sys.modules[name] = None  # imports of it now fail as if it were not installed
def refuse(*_arguments, **_more):
    raise AssertionError("a connection")
socket.socket.connect = socket.create_connection = refuse
from continuum.core.sentry_integration import (
    PerformanceTransaction, add_breadcrumb, capture_exception, capture_memory_error, capture_message,
    close as close_sentry, flush, get_status, init_sentry, is_enabled, monitor_performance,
    set_operation_context, set_user_context,
)
sentry_enabled = init_sentry(
    environment=os.environ.get("CONTINUUM_ENV", "development"),
    traces_sample_rate=float(os.environ.get("SENTRY_TRACES_SAMPLE_RATE", "0.1")),
)
init_sentry(sample_rate=1.0, traces_sample_rate=0.0)

@monitor_performance
async def perform_recall(query):
    with PerformanceTransaction("memory.recall", "acme"):
        add_breadcrumb(
            message="Starting database query", category="database", level="info", data={"table": "concepts"}
        )
        raise LookupError(query)

async def recall(query):
    set_user_context(tenant_id="acme")
    set_operation_context(operation="recall")
    try:
        return await perform_recall(query)
    except Exception as e:
        capture_exception(e)
        capture_memory_error(e, operation="recall", tenant_id="acme", query=query[:100])
        raise

try:
    asyncio.run(recall("a question"))
except LookupError as e:
    if is_enabled():
        capture_exception(e, tags={"cli_command": sys.argv[1]})
capture_message("done")
flush()
if sentry_enabled:
    close_sentry()
close_sentry()
print(json.dumps({
    "enabled": [sentry_enabled, is_enabled()],
    "status": get_status(),
    "sdks": sorted(name for name in sys.modules if name.startswith(("sentry_sdk.", "opentelemetry.sdk."))),
    "threads": threading.active_count(),
}))
"""


def run(*arguments, **environ):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SUMMARY, *arguments],
        env={"HOME": "/nonexistent", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def test_the_names_are_those_that_applications_know():
    assert sorted(sentry_integration.__all__) == NAMES
    assert all(hasattr(sentry_integration, name) for name in NAMES)


@pytest.mark.parametrize("extra", [(), ("--no-extra",)])
def test_without_a_dsn_nothing_is_loaded_started_or_connected(extra):
    answer, log = run(*extra)
    assert answer["enabled"] == [False, False]
    assert answer["status"]["enabled"] is False
    assert answer["status"]["available"] is (not extra)
    assert answer["sdks"] == []
    assert answer["threads"] == 1
    assert log == ""


def test_a_dsn_is_gone_when_the_suite_pops_it():
    answer, _ = run(SENTRY_DSN="http://abc@127.0.0.1:9/1")
    assert answer["enabled"] == [False, False]


@patch("continuum.core.sentry_integration.capture_exception")
def test_a_suite_can_replace_one_of_the_functions(mock_capture):
    error = LookupError()
    sentry_integration.capture_exception(error)
    mock_capture.assert_called_once_with(error)


def test_options_without_effect_are_named_and_the_rest_is_silent(caplog):
    assert sentry_integration.init_sentry(enable_profiling=True, debug=True, send_default_pii=False) is False
    assert caplog.messages == ["init_sentry: debug, enable_profiling has no effect"]


def test_a_bad_argument_is_named_and_harms_nobody(caplog):
    assert sentry_integration.init_sentry(traces_sample_rate="much", dsn="no-dsn-of-any-form") is False
    assert any("traces_sample_rate" in line and "0 to 1" in line for line in caplog.messages)
    assert any("dsn" in line for line in caplog.messages)
    assert "no-dsn-of-any-form" not in caplog.text
    assert "much" not in caplog.text
