from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

PLANTED = json.loads(files("telemetry.preview").joinpath("demo.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "given",
    ["", " \n", "{", '{"a": 1}', "[1, 2]", "17", '"text"', "{" + '"a":{' * 100_000, b"\xff\xfe\x00"],
)
def test_bad_input_exits_with_2_and_names_the_accepted_forms(preview, given):
    done = preview(given)
    assert (done.returncode, done.stdout) == (2, "")
    assert "resourceSpans" in done.stderr
    assert "plain text" in done.stderr
    assert "Traceback" not in done.stderr


def test_bad_input_is_not_quoted(preview):
    assert "canary" not in preview('{"canary": 1}').stderr


def test_a_missing_file_and_an_unknown_profile_are_usage_errors(preview):
    assert preview("x", "/no/such/file").returncode == 2
    assert preview("x", "--profile", "loose").returncode == 2


def test_a_file_is_read_like_standard_input(preview, tmp_path):
    (tmp_path / "line.txt").write_text("mail maya@example.org")
    assert preview("", str(tmp_path / "line.txt")).stdout == preview("mail maya@example.org").stdout


def test_the_help_says_that_what_stood_there_is_shown(preview):
    shown = " ".join(preview("", "--help").stdout.split())
    assert "What stood there before is printed too" in shown
    assert "nothing is sent anywhere" in shown


def test_in_the_demo_nothing_planted_is_in_what_would_leave(preview):
    shown, clean = preview("", "--demo").stdout, preview("", "--demo", "--clean").stdout
    for value in PLANTED.values():
        assert value in shown
        assert value not in clean
    assert "no memory of tenant [data] answers [data]" in clean
    assert "SELECT id FROM memories WHERE tenant = ? LIMIT ?" in clean
    assert "POST /v1/recall/{session}" in clean


def test_the_profile_comes_from_the_environment_when_none_is_given(preview):
    assert preview("hello", CONTINUUM_TELEMETRY_PRIVACY="balanced").stdout.startswith(
        "text, profile balanced"
    )
    assert preview("hello").stdout.startswith("text, profile strict")


def test_keys_that_the_operator_calls_safe_are_known(preview):
    span = json.dumps({"name": "SELECT", "attributes": {"shop.region": "north"}})
    assert "unlisted" in preview(span, "--json").stdout
    assert "unlisted" not in preview(span, "--json", CONTINUUM_TELEMETRY_SAFE_KEYS="shop.region").stdout


def test_an_application_that_is_loaded_makes_its_routes_known(preview, tmp_path):
    (tmp_path / "shop.py").write_text(
        "from fastapi import FastAPI\n"
        "app = FastAPI()\n"
        "@app.get('/baskets/{number}')\n"
        "def basket(number: int): ...\n"
    )
    span = json.dumps({"name": "x", "attributes": {"http.route": "/baskets/{number}"}})
    path = os.pathsep.join((str(tmp_path), str(Path.cwd())))
    assert "http.route" in preview(span, "--json").stdout
    assert "http.route" not in preview(span, "--json", "--app", "shop:app", PYTHONPATH=path).stdout
    wrong = preview(span, "--app", "no_such_shop")
    assert wrong.returncode == 2
    assert "module:attribute" in wrong.stderr


def test_nothing_is_written_in_colour_unless_to_a_terminal(preview):
    assert "\x1b" not in preview("hello \x1b[31m").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_on_a_terminal_the_demo_runs_in_colour_unless_no_color_is_set(environment, variables, coloured):
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "telemetry", "preview"],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=environment | variables,
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:
        pass  # a terminal without a process on its other side ends like this
    os.close(ours)
    assert process.wait(60) == 0
    assert b"Sentry event" in shown
    assert (b"\x1b[32m" in shown) is coloured


def test_a_lone_surrogate_can_be_shown(preview):
    done = preview('{"message": "\\ud800"}', "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)[0]["before"] == "\ud800"


def test_an_item_that_cannot_be_scrubbed_is_withheld(preview):
    changes = json.loads(preview('{"message": "x", "tags": 7}', "--json").stdout)
    assert [(change["after"], change["rule"]) for change in changes] == [(None, "withheld")]


def test_events_and_texts_need_no_extra_and_spans_say_what_they_need(environment):
    program = (
        "import sys\n"
        "for name in ('opentelemetry', 'opentelemetry.sdk', 'sentry_sdk', 'urllib3'):\n"
        "    sys.modules[name] = None\n"
        "import telemetry\n"
        "sys.exit(telemetry.run_preview(['-'], 'preview'))\n"
    )

    def run(given):
        return subprocess.run(
            [sys.executable, "-c", program],
            input=given,
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
            check=False,
        )

    assert run("hello").returncode == 0
    assert run('{"message": "hello"}').returncode == 0
    span = run('{"name": "x"}')
    assert span.returncode == 2
    assert "continuum-memory[monitoring]" in span.stderr
    assert "Traceback" not in span.stderr


def test_the_module_names_its_commands(environment):
    def run(*arguments):
        command = [sys.executable, "-m", "telemetry", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=60, check=False
        )

    assert "preview" in run("--help").stdout
    assert run().returncode == 2
    assert run("nothing").returncode == 2
