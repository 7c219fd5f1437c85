from __future__ import annotations

import ast
from pathlib import Path

import telemetry.doctor
from telemetry.doctor import answers
from telemetry.doctor.printing import as_text
from telemetry.doctor.report import Report
from telemetry.doctor.sending import _ERROR

PAGE = Path(__file__).parents[3] / "docs" / "doctor.md"
MADE_BY = {"ok", "note", "problem", "Sent"}


def _ids():
    """The findings' ids as they stand in the code, as far as they are constant."""
    for file in Path(telemetry.doctor.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[made, *_]) if name in MADE_BY:
                    found = made
                case ast.Assign(targets=[ast.Name(id="finding")], value=value):
                    found = value
                case _:
                    continue
            match found:
                case ast.Constant(value=str(text)):
                    yield text
                case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
                    yield text


def test_every_finding_stands_in_the_guide():
    page = PAGE.read_text(encoding="utf-8")
    ids = set(_ids())
    assert len(ids) > 30
    assert {name for name in ids if f"`{name}" not in page} == set()


def test_the_example_is_what_is_printed():
    courier = {"to": "sentry.example.org", "trouble": "refused by sentry.example.org: HTTP 403"}
    found = answers.examine(_ERROR, courier, {"rejected": 1}, 1, 10.0)
    shown = as_text(Report((found,), ()), colour=False).splitlines()[:2]
    assert "\n".join(shown) in PAGE.read_text(encoding="utf-8")
