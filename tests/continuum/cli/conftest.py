"""The command line, as tests call it."""

import subprocess
import sys
from dataclasses import dataclass

import pytest

from continuum.cli.main import main


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch, capsys):
    """The command line in this process: its exit code and what it printed."""

    def start(*arguments):
        monkeypatch.setattr(sys, "argv", ["continuum", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main()
        printed = capsys.readouterr()
        return Done(caught.value.code, printed.out, printed.err)

    return start


@pytest.fixture
def run_process():
    """The command line in a process of its own, where telemetry can be set up."""

    def start(*arguments):
        command = [
            sys.executable,
            "-W",
            "error",
            "-c",
            "from continuum.cli.main import main; main()",
            *arguments,
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return start
