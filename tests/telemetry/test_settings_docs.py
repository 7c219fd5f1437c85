"""The table of settings is what the code reads, and the documents are made from it."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from telemetry.configuration.settings import Settings
from telemetry.configuration.table import ELSEWHERE, rows
from telemetry.configuration.writing import help_text

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
import make_settings  # noqa: E402  # a program of the documentation, in no package

VARIABLE = re.compile(r"(?:CONTINUUM|SENTRY|OTEL|FASTAPI_OTEL|DATABASE|REDIS)_[A-Z0-9_]*[A-Z0-9]")
EVERYWHERE = {
    "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "c:4317",
    "OTEL_TRACES_SAMPLER": "traceidratio",
}


class Watched(dict):
    """A mapping that remembers what it was asked for."""

    def __init__(self, values):
        super().__init__(values)
        self.asked = set()

    def get(self, name, otherwise=None):
        self.asked.add(name)
        return super().get(name, otherwise)


def variables() -> set[str]:
    return {name for row in make_settings.table() for name in row.variables}


def named_in(path: Path) -> set[str]:
    """The variables whose names stand as whole texts in a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value)
    }


def test_the_generated_documents_are_those_that_the_code_gives():
    for path, text in make_settings.documents().items():
        assert path.read_text(encoding="utf-8") == text, f"run `make settings`: {path.name} is older"


def test_every_variable_that_the_code_names_is_in_the_table():
    modules = [path for package in ("telemetry", "continuum") for path in (ROOT / package).rglob("*.py")]
    named = {
        name: path.relative_to(ROOT)
        for path in modules
        if "testing" not in path.parts
        for name in named_in(path)
    }
    assert len(named) > 40
    assert {name: path for name, path in named.items() if name not in variables()} == {}


def test_every_variable_in_telemetrys_table_is_read():
    asked = Watched({})
    Settings.from_environ(asked)
    everywhere = Watched(EVERYWHERE)
    Settings.from_environ(everywhere)
    in_table = {name for row in rows() if row.section not in ELSEWHERE for name in row.variables}
    assert asked.asked | everywhere.asked == in_table


def test_every_variable_in_the_services_table_is_named_in_its_settings():
    rows_of_service = [row for row in make_settings.table() if row.section == make_settings.SERVICE]
    assert {name for row in rows_of_service for name in row.variables} <= named_in(
        ROOT / "continuum/core/settings.py"
    )
    assert len(rows_of_service) > 5


def test_every_row_says_what_it_means_and_what_it_takes():
    for row in rows():
        assert row.meaning.endswith("."), row.names
        assert row.meaning[0] == "`" or row.meaning[0].isupper(), row.names
        assert row.accepted, row.names
        assert row.section, row.names


def example(uncomment) -> dict[str, str]:
    text = (ROOT / "deploy/sentry/.env.example").read_text(encoding="utf-8")
    lines = re.findall(r"^(# )?([A-Z_]+)=(.*)$", text, re.MULTILINE)
    return {name: value for commented, name, value in lines if uncomment or not commented}


def test_the_example_has_every_variable_once_and_sets_none():
    assert set(example(uncomment=True)) == variables()
    text = (ROOT / "deploy/sentry/.env.example").read_text(encoding="utf-8")
    assert len(re.findall(r"^# [A-Z_]+=", text, re.MULTILINE)) == len(variables())
    assert example(uncomment=False) == {}


def test_the_examples_placeholders_start_nothing():
    settings = Settings.from_environ(example(uncomment=True))
    assert not settings.wanted
    assert [problem.variable for problem in settings.problems] == ["SENTRY_DSN"]


def test_the_help_fits_a_terminal_and_has_every_variable():
    text = help_text(rows())
    assert max(map(len, text.splitlines())) <= 100
    assert all(name in text for row in rows() for name in row.variables)
