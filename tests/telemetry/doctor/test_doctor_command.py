from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout

import pytest

import telemetry
from telemetry.doctor.finding import note, ok, problem
from telemetry.doctor.printing import as_text
from telemetry.doctor.report import Report

DSN = "http://abc123@127.0.0.1:9/7"


def test_telemetry_that_is_off_is_told_with_its_reason_and_is_no_problem(doctor):
    said = doctor("--json")
    assert said.code == 0, said.err
    assert said.err == ""
    assert said.findings["running"]["state"] == "note"
    assert "neither SENTRY_DSN nor OTLP endpoint" in said.findings["running"]["said"]
    assert not {name for name in said.findings if name.startswith("sent")}


def test_a_value_that_cannot_be_used_is_a_problem_though_telemetry_is_off(doctor):
    said = doctor(SENTRY_DSN="https://sekrit-word.example.org")
    assert said.code == 1
    first, second = said.out.splitlines()[:2]
    assert first.startswith("PROBLEM  SENTRY_DSN is not valid")
    assert second.lstrip().startswith("-> Set it to https://PUBLIC_KEY@HOST/PROJECT_ID")
    assert "sekrit" not in said.out + said.err
    assert "\x1b" not in said.out


def test_the_traps_of_a_live_process_are_found_and_nothing_is_sent(doctor, tmp_path):
    (tmp_path / "SQLAlchemy-2.1.9.dist-info").mkdir()
    (tmp_path / "SQLAlchemy-2.1.9.dist-info/METADATA").write_text("Name: SQLAlchemy\nVersion: 2.1.9\n")
    (tmp_path / "shipping.py").write_text(
        "import logging, logging.handlers\n"
        "from opentelemetry.sdk.trace import TracerProvider\n"
        "print('an application says something')\n"
        "logging.getLogger().addHandler(logging.handlers.HTTPHandler('127.0.0.1:9', '/'))\n"
        "app = TracerProvider()\n"
    )
    said = doctor(
        "--json",
        "--no-send",
        "--app",
        "shipping:app",
        PYTHONPATH=os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]),
        SENTRY_DSN=DSN,
        CONTINUUM_ENV="production",
        OTEL_TRACES_EXPORTER="console",
        OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="redis",
        SENTRY_PRINT_ENVELOPES="1",
    )
    assert said.code == 1, said.err
    assert said.problems == {
        "setting.OTEL_TRACES_EXPORTER",
        "envelopes.printed",
        "hash-key",
        "instrumentation.sqlalchemy",
        "log-handler.root.HTTPHandler",
    }
    assert "2.1.9" in said.findings["instrumentation.sqlalchemy"]["said"]
    assert said.findings["instrumentation.redis"]["state"] == "note"
    assert said.findings["scrubbing"]["state"] == "ok"
    assert said.findings["propagation"]["state"] == "ok"
    assert said.findings["sent"]["state"] == "note"
    assert all(finding["do"] for finding in said.findings.values() if finding["state"] != "ok")
    assert "an application says something" in said.err


def test_without_the_extra_it_says_what_to_install(tmp_path, doctor):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "for name in ('opentelemetry.sdk', 'opentelemetry.instrumentation', 'sentry_sdk', 'urllib3'):\n"
        "    sys.modules[name] = None\n"
    )
    said = doctor("--json", SENTRY_DSN=DSN, PYTHONPATH=str(tmp_path))
    assert said.code == 1, said.err
    assert "pip install 'continuum-memory[monitoring]'" in said.findings["running"]["do"]


@pytest.mark.parametrize(
    "arguments",
    [["--nonsense"], ["--app"], ["--timeout", "soon"], ["--timeout", "0"], ["more"]],
)
def test_wrong_usage_exits_with_two_and_shows_no_report(arguments):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert telemetry.run_doctor(arguments, "telemetry doctor") == 2
    assert out.getvalue() == ""
    assert "usage: telemetry doctor" in err.getvalue()


def test_an_application_that_cannot_be_imported_is_wrong_usage(doctor, tmp_path):
    (tmp_path / "falling.py").write_text("raise ValueError('the words of the application')\n")
    said = doctor("--app", "falling:app", PYTHONPATH=str(tmp_path))
    assert said.code == 2
    assert "(ValueError); expected MODULE:APP" in said.err
    assert "the words" not in said.err
    assert said.out == ""


def test_each_setting_is_shown_with_where_it_came_from_and_what_it_overrode(doctor):
    said = doctor(
        OTEL_SDK_DISABLED="true",
        CONTINUUM_ENV="prod",
        SENTRY_ENVIRONMENT="staging",
        OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20abcdefghijkl",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
    )
    lines = [line.split() for line in said.out.splitlines()]
    assert ["environment", "production", "CONTINUUM_ENV,", "not", "SENTRY_ENVIRONMENT"] in lines
    assert ["otlp_traces_headers", "•••", "OTEL_EXPORTER_OTLP_HEADERS"] in lines
    assert said.code == 0
    assert "[setting.overridden.1]" in said.out


REPORT = Report(
    (problem("b", "It is broken.", "Mend it."), note("c", "It is odd\x1b[2J."), ok("a", "It is well.")), ()
)


def test_problems_come_first_and_no_control_character_reaches_the_terminal():
    assert as_text(REPORT, colour=False).splitlines() == [
        "PROBLEM  It is broken.  [b]",
        "         -> Mend it.",
        "note     It is odd\\x1b[2J.  [c]",
        "ok       It is well.  [a]",
        "",
        "1 problem, 1 note, 1 ok.",
    ]


def test_with_colours_the_columns_are_the_same():
    plain, coloured = (as_text(REPORT, colour=colour) for colour in (False, True))
    assert coloured != plain
    for colour in ("\x1b[1;31m", "\x1b[33m", "\x1b[32m", "\x1b[0m"):
        coloured = coloured.replace(colour, "")
    assert coloured == plain


class _Terminal(io.StringIO):
    encoding = "ascii"

    def isatty(self):
        return True


def test_only_a_terminal_gets_colours_and_only_when_it_wants_them(monkeypatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    for kind, variable, coloured in (
        (_Terminal, "", True),
        (_Terminal, "1", False),
        (io.StringIO, "", False),
    ):
        monkeypatch.setenv("NO_COLOR", variable)
        with redirect_stdout(kind()) as out:
            assert telemetry.run_doctor(["--no-send"], "telemetry doctor") == 0
        assert ("\x1b[" in out.getvalue()) == coloured


def test_what_machines_read_is_json_with_the_settings():
    data = REPORT.as_data()
    assert json.loads(json.dumps(data)) == data
    assert data["healthy"] is False
    assert data["findings"][0] == {"id": "b", "state": "problem", "said": "It is broken.", "do": "Mend it."}
