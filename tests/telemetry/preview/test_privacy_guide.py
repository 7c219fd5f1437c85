from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("privacy_guide", Path(__file__).with_name("privacy_guide.py"))
guide = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(guide)

TEXT = guide.GUIDE.read_text(encoding="utf-8")
KEY = "0123456789abcdef0123456789abcdef"
END = "--- the example ends ---"


def test_the_tables_of_rules_and_outcomes_are_those_of_the_code():
    # When this fails: python tests/telemetry/preview/privacy_guide.py
    assert guide.written("rules", TEXT) == guide.rules_table()
    assert guide.written("outcomes", TEXT) == guide.outcomes_table()


@pytest.mark.skipif(shutil.which("bash") is None, reason="the examples are written for bash")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="one example uses openssl")
def test_every_example_prints_what_the_page_says(environment, tmp_path):
    examples = guide.examples(TEXT)
    script = "\n".join(f"{command}\necho '{END}'" for command, _ in examples)
    here = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment
        | {
            "PATH": os.pathsep.join((here, environment.get("PATH", os.defpath))),
            "PYTHONPATH": str(guide.GUIDE.parents[1]),
            "DATABASE_URL": f"sqlite:///{tmp_path}/memory.db",
            "CONTINUUM_TELEMETRY_HASH_KEY": KEY,
        },
        timeout=110,
        check=False,
    )
    shown = done.stdout.split(END + "\n")[:-1]
    commands = [command for command, _ in examples]
    assert dict(zip(commands, shown, strict=True)) == dict(examples), done.stderr
