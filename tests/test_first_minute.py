"""What `make run` prints is done as printed: learn, recall, an error, and the page that shows it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

SAID = ("moved the launch", "Falcon", "Tuesday")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


@pytest.fixture
def running(tmp_path):
    service, inspector = free_port(), free_port()
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "continuum.cli",
            "dev",
            "--port",
            str(service),
            "--inspector-port",
            str(inspector),
        ],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    printed = ""
    for line in process.stdout:
        printed += line
        if "Ctrl-C" in line:
            break
    yield process, printed, f"http://127.0.0.1:{inspector}", environ
    if process.poll() is None:
        process.kill()
    process.stdout.close()
    process.wait()


def test_the_steps_work_as_they_are_printed(running):
    process, printed, inspector, environ = running
    steps = re.sub(r"^ {2}", "", printed.partition("Try it")[2].partition("# look")[0], flags=re.MULTILINE)
    commands = "\n".join(line for line in steps.splitlines()[1:])
    done = subprocess.run(
        ["sh", "-c", commands], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert '"memory_ids"' in done.stdout, done.stderr
    assert "We moved the launch of Falcon to Tuesday." in done.stdout
    trace_id = re.search(r'"trace_id":"([0-9a-f]{32})"', done.stdout)[1]

    deadline = time.monotonic() + 20
    while not (
        get(f"{inspector}/inspector/api/errors") and len(get(f"{inspector}/inspector/api/traces")) >= 4
    ):
        assert time.monotonic() < deadline, "nothing arrived at the inspector"
        time.sleep(0.2)
    (error,) = get(f"{inspector}/inspector/api/errors")
    assert (error["type"], error["trace_id"]) == ("TelemetryTestError", trace_id)
    whole = get(f"{inspector}/inspector/api/errors/{error['event_id']}")
    assert any(
        frame["filename"] == "continuum/core/selftest.py" for frame in whole["exceptions"][-1]["frames"]
    )
    while True:
        traces = {trace["name"]: trace for trace in get(f"{inspector}/inspector/api/traces")}
        if {"POST /v1/learn", "POST /v1/recall", "POST /v1/telemetry/test-error"} <= traces.keys():
            break
        assert time.monotonic() < deadline, sorted(traces)
        time.sleep(0.2)
    seen = json.dumps(
        [get(f"{inspector}/inspector/api/traces/{trace['trace_id']}") for trace in traces.values()]
    )
    assert not any(words in seen + json.dumps(whole) for words in SAID)
    assert "SELECT api_keys" in seen

    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "continuum.cli", "dev", "--port", port],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_readme_shows_the_steps_that_are_printed():
    from continuum.cli import dev

    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    steps = dev._STEPS.format(
        where="service    http://127.0.0.1:8420\ninspector  http://127.0.0.1:8421",
        key="cm_…",
        service="http://127.0.0.1:8420",
        look="in a browser: http://127.0.0.1:8421",
        tenant="demo",
    )
    assert steps.partition("\n\nThe key")[0].strip() in readme
