"""The parts of docs/privacy.md that are made from code, and its examples."""

from __future__ import annotations

import re
from pathlib import Path

from telemetry.preview.changes import OUTCOMES
from telemetry.privacy import policy

GUIDE = Path(__file__).parents[3] / "docs" / "privacy.md"


def table(rows):
    lines = ["| id | reason |", "|---|---|", *(f"| `{name}` | {reason} |" for name, reason in rows)]
    return "\n".join(lines)


def rules_table():
    return table((rule.id, rule.reason) for rule in policy.RULES.values())


def outcomes_table():
    return table(OUTCOMES.items())


def written(part, text):
    return re.search(rf"<!-- {part}: begin -->\n(.*?)\n<!-- {part}: end -->", text, re.DOTALL)[1]


def examples(text):
    """Pairs of a command and its output, in the order of the page."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = piece.partition("\n")
            found.append((command, output))
    return found


def rewrite():
    """Write the tables anew: ``python tests/telemetry/preview/privacy_guide.py``."""
    text = GUIDE.read_text(encoding="utf-8")
    for part, made in (("rules", rules_table()), ("outcomes", outcomes_table())):
        text = text.replace(written(part, text), made)
    GUIDE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
