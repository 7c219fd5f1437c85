"""A suite that loads the plugin learns what left, where and in what form, and never the text itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]
SEND = """
    import base64, gzip, json, urllib.request

    def send(wire, body, path="/anything", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        urllib.request.urlopen(urllib.request.Request(wire.sink.url + path, body, headers))
"""


@pytest.fixture
def run(pytester):
    """Runs a suite of one file that loads the plugin, in a process of its own."""
    pytester.makeconftest('pytest_plugins = ["telemetry.testing"]')

    def run(source, **outcomes):
        file = pytester.makepyfile(SEND)
        with file.open("a") as more:
            more.write("\n" + source)
        done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")
        done.assert_outcomes(**outcomes)
        return done.stdout

    return run


def test_a_clean_application_passes(run):
    run(
        """
def test_clean(wire, canary):
    canary("secret"), canary.sentence("note")
    send(wire, b"all is well")
    wire.assert_clean("something else", tenants=["acme"])
""",
        passed=1,
    )


def test_a_leak_is_named_by_its_label_form_and_place_and_masked(run):
    output = run(
        """
def test_leak(wire, canary):
    send(wire, gzip.compress(b'{"note": "' + canary("the note").encode() + b'"}'), "/in", Content_Encoding="gzip")
    print("was", canary.planted["the note"])
    wire.assert_clean()
""",
        failed=1,
    )
    output.fnmatch_lines(
        [
            "E*AssertionError: 1 planted text left the process:",
            'E*the note: raw in the body of /in at 10: {"note": "█"}',
        ]
    )
    (text,) = [line.removeprefix("was ") for line in output.lines if line.startswith("was ")]
    assert output.str().count(text) == 1


def test_a_leak_in_a_header_or_path_is_found_and_masked_in_the_place_too(run):
    output = run(
        """
def test_leak(wire, canary):
    send(wire, b"x", "/to/" + canary("id"), X_Note=base64.b64encode(canary("other").encode()).decode())
    print("was", *canary.planted.values())
    wire.assert_clean()
""",
        failed=1,
    )
    output.fnmatch_lines(
        [
            "E*2 planted texts left the process:",
            "E*id: raw in the path of /to/█ at 4: /to/█",
            "E*other: base64 in the headers of /to/█ at *X-Note: █*",
        ]
    )
    (texts,) = [line.removeprefix("was ").split() for line in output.lines if line.startswith("was ")]
    assert all(output.str().count(text) == 1 for text in texts)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("send(wire, b'x'); wire.assert_clean()", "Nothing was planted*"),
        ("canary('x'); wire.assert_clean()", "Nothing arrived*"),
        ("send(wire, b'x'); wire.assert_clean('')", "An empty text stands everywhere*"),
        (
            (
                "canary('x')\n"
                "    try: send(wire, b'x', Content_Encoding='rot13')\n"
                "    except OSError as refused: refused.close()\n"
                "    wire.assert_clean()"
            ),
            "1 of 1 bodies can't be searched*",
        ),
    ],
)
def test_clean_is_not_said_when_nothing_was_shown(run, lines, message):
    output = run(f"def test_it(wire, canary):\n    {lines}\n", failed=1)
    output.fnmatch_lines([f"E*AssertionError: {message}"])


def test_a_tenant_is_found_as_a_word_of_its_own_only(run):
    output = run(
        """
def test_part_of_a_word(wire):
    send(wire, b"pacmex")
    wire.assert_clean(tenants=["acme"])

def test_word(wire):
    send(wire, b"db_ACME.items")
    wire.assert_clean(tenants="acme")
""",
        passed=1,
        failed=1,
    )
    output.fnmatch_lines(["E*tenant 1: a word of its own in the body of /anything at 3: db_█.items"])


def test_in_process_errors_arrive_linked_and_clean_in_one_test_after_the_other(run):
    run(
        """
import pytest, telemetry
from fastapi import FastAPI
from fastapi.testclient import TestClient

@pytest.mark.parametrize("time", [1, 2])
def test_it(wire, canary, time):
    app = FastAPI()

    @app.get("/broken/{item}")
    def broken(item: str):
        raise LookupError(canary.sentence("message"))

    assert not telemetry.is_active()
    wire.setup(SENTRY_RELEASE=f"shop@{time}")
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/broken/" + canary("item")).status_code == 500
    assert wire.flush()
    (error,) = wire.errors()
    assert error["release"] == f"shop@{time}"
    assert error["transaction"] == "GET /broken/{item}"
    assert list(wire.traces()) == [error["contexts"]["trace"]["trace_id"]]
    wire.assert_linked(error)
    wire.assert_clean()

def test_nothing_stays(wire):
    import sentry_sdk
    from opentelemetry import trace
    assert not telemetry.is_active()
    assert not sentry_sdk.get_client().is_active()
    assert type(trace.get_tracer_provider()).__name__ == "ProxyTracerProvider"
""",
        passed=3,
    )


def test_an_error_whose_trace_did_not_arrive_is_not_linked(run):
    output = run(
        """
import telemetry
from opentelemetry import trace

def test_unsampled(wire):
    wire.setup(SENTRY_TRACES_SAMPLE_RATE="0")
    with trace.get_tracer("x").start_as_current_span("x"):
        telemetry.capture_exception(LookupError())
    wire.flush()
    wire.assert_linked(wire.errors()[0], timeout=0.1)

def test_outside(wire):
    wire.assert_linked({})
""",
        failed=2,
    )
    output.fnmatch_lines(
        ["E*Trace * of the error didn't arrive within 0.1 seconds*", "E*names no trace and span*"]
    )


def test_setup_refuses_to_take_over_from_the_application(run):
    output = run(
        """
import telemetry

def test_it(wire):
    assert telemetry.setup(environ=wire.environ())
    wire.setup()
""",
        failed=1,
    )
    output.fnmatch_lines(["E*RuntimeError: Telemetry runs already in this process*"])


def test_without_the_line_in_conftest_nothing_is_loaded(pytester):
    pytester.makepyfile("def test_it(wire): pass")
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*fixture 'wire' not found*"])


def test_production_code_imports_neither_the_plugin_nor_pytest():
    program = """
import sys, telemetry, telemetry.pipeline, telemetry.distro, telemetry.launcher, continuum.api.server
import continuum.cli.main, telemetry.inspector.app
assert not [name for name in sys.modules if name.startswith(("telemetry.testing", "pytest", "_pytest"))]
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
