"""The page about the memory's telemetry names what the code tells, and nothing else."""

import ast
import re
from pathlib import Path

from continuum.core.observed import OPERATIONS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "telemetry-of-memory.md").read_text(encoding="utf-8")
CODE = {path: path.read_text(encoding="utf-8") for path in (ROOT / "continuum").rglob("*.py")}
KINDS = {"counter": "counter", "histogram": "histogram", "up and down": "level"}


def calls(name):
    """The constant arguments of each call of telemetry's front door, by their names; the first is ``name``."""
    for text in CODE.values():
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="telemetry"), attr=attr)) if attr == name:
                    given = {"name": node.args[0]} | {each.arg: each.value for each in node.keywords}
                    yield {key: it.value for key, it in given.items() if isinstance(it, ast.Constant)}


def rows(heading):
    """The rows of the tables below a heading; of each cell what stands in backticks, or else its text."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line[1:-1].split("|")]
            yield [re.findall(r"`([^`]+)`", cell) or cell for cell in cells]


def test_every_metric_stands_on_the_page_with_its_kind_its_unit_and_its_name_at_prometheus():
    told = {
        call["name"]: (call.get("kind", "counter"), call.get("unit", "1"))
        for call in calls("measure")
        if "name" in call
    }
    assert len(told) >= 6
    shown = {}
    for (name,), kind, unit, _, (at_prometheus,) in rows("Measurements"):
        shown[name] = (KINDS[kind], unit)
        ending = ("_seconds" if unit == "s" else "") + ("_total" if kind == "counter" else "")
        assert at_prometheus == name.replace(".", "_") + ending
    assert shown == told


def test_every_operation_stage_and_attribute_stands_on_the_page():
    table = list(rows("Spans"))
    operations = [row for row in table if row[0][0] in OPERATIONS.values()]
    assert {verb: row[0][0] for row in operations for verb in row[1]} == OPERATIONS
    parts = {call["name"] for call in calls("part") if "name" in call}
    # Its name is no constant where the part is made.
    assert {stage for row in operations for stage in row[2]} == parts | {"learn.commit"}
    metrics = {call.get("name") for call in calls("measure")}
    labels_alone = {"continuum.memory.outcome"}
    told = (
        set(re.findall(r'"(continuum\.memory\.[a-z_.]+)"', "".join(CODE.values()))) - metrics - labels_alone
    )
    assert {row[0][0] for row in table if row[0][0].startswith("continuum.memory.")} == told
