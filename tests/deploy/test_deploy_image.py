"""No engine builds the image here: the steps of its Dockerfile are run in a folder and environment of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from collectors import OTEL
from programs import BIN, Listening, environment

if TYPE_CHECKING:
    from telemetry.testing.sink import Sink

pytestmark = pytest.mark.collector

ROOT = Path(__file__).parents[2]
DOCKERFILE = (OTEL / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def lists(instruction: str) -> list[list[str]]:
    """What follows each of an instruction that holds a list, in the file's order."""
    return [json.loads(found) for found in re.findall(rf"{instruction} (\[.*\])$", DOCKERFILE, re.MULTILINE)]


def test_the_steps_make_a_service_that_reports(sink: Sink, tmp_path: Path) -> None:
    build, installed, data = (tmp_path / name for name in ("build", "opt", "data"))
    build.mkdir()
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, build / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, build)
    (step,) = re.findall(r"^RUN (uv sync .*)$", DOCKERFILE, re.MULTILINE)
    uv = shutil.which("uv", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    assert uv is not None
    subprocess.run(
        [uv, *step.split()[1:]],
        cwd=build,
        env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(installed), "UV_PYTHON_DOWNLOADS": "never"},
        check=True,
        capture_output=True,
        timeout=110,
    )
    ((entry, *rest),) = lists("ENTRYPOINT")
    healthy, serving = lists("CMD")
    command = [str(installed / "bin" / entry), *rest, *serving]
    command = ["{port}" if part == "8420" else "127.0.0.1" if part == "0.0.0.0" else part for part in command]
    settings = {
        "PATH": f"{installed}/bin:{os.defpath}",
        "SENTRY_DSN": sink.dsn(),
        "SENTRY_TRACES_SAMPLE_RATE": "1",
        "DATABASE_URL": f"sqlite:///{data}/continuum.db",
    }
    with Listening(command, home=data, settings=settings, launcher=False) as service:
        healthy = [part.replace("8420", str(service.port)) for part in healthy]
        subprocess.run(healthy, env=environment(data, settings), check=True, timeout=20)
        trace_id = service.trace("/v1/memories")
        assert sink.whole(trace_id)
        service.kill()
        gone = subprocess.run(
            healthy, env=environment(data, settings), check=False, capture_output=True, timeout=20
        )
        assert gone.returncode != 0
