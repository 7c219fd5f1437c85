"""What docs/testing.md shows is run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
GUIDE = Path(__file__).parents[3] / "docs" / "testing.md"
FILES = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", GUIDE.read_text(), re.DOTALL))


def test_the_guide_has_the_files_it_speaks_of():
    assert set(FILES) == {"conftest.py", "shop.py", "test_privacy.py", "test_in_process.py"}


@pytest.mark.parametrize("test", ["test_privacy.py", "test_in_process.py"])
def test_the_example_of_the_guide_passes(pytester, test):
    for name in ("conftest.py", "shop.py", test):
        pytester.path.joinpath(name).write_text(FILES[name])
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_example_of_the_guide_fails_when_the_application_sends_by_itself(pytester):
    for name in ("conftest.py", "test_privacy.py"):
        pytester.path.joinpath(name).write_text(FILES[name])
    leak = """
    import json, os, urllib.request
    body = json.dumps({"extra": {"note": gift_note.encode().hex()}}).encode()
    urllib.request.urlopen(os.environ["SENTRY_DSN"].replace("abc123@", ""), body)
"""
    pytester.path.joinpath("shop.py").write_text(
        FILES["shop.py"].replace("    raise LookupError", f"{leak}    raise LookupError")
    )
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(failed=1)
    (shown,) = re.findall(r"```text\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    done.stdout.fnmatch_lines([f"E *{line.strip()}" for line in shown.splitlines()])
