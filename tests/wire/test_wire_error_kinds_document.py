"""docs/errors.md names the test that proves each row; here is the proof that they exist."""

from __future__ import annotations

import re
from pathlib import Path

from test_wire_error_kinds import CHAINED

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "errors.md").read_text()


def test_each_row_names_tests_that_exist() -> None:
    rows = re.findall(r"^\| (?!what ).*", TEXT.partition("## Domain errors")[0], re.MULTILINE)
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`(test_\w+)` in `(tests/[\w/.]+)`|`(kinds)\[|`(tests/[\w/]+\.py)` \|", row)
        assert named, row
        for name, path, _, whole in named:
            if path or whole:
                assert f"def {name}" in (ROOT / (path or whole)).read_text(), row


def test_each_kind_has_its_row() -> None:
    assert sorted(re.findall(r"`kinds\[(\w\w+)\]`", TEXT)) == sorted(CHAINED)
