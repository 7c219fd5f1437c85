"""Builds the collector of builder.yaml from its official Go modules, once for each manifest and Go version.

``python deploy/otel/build.py`` prints where the program is. The official builder makes it, at the version that the
manifest names; modules are checked against Go's checksum database as ever.
"""
# ruff: noqa: INP001, T201  # a script in no package; it speaks to whoever runs it

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

MANIFEST: Final = Path(__file__).with_name("builder.yaml")
KEPT: Final = Path(__file__).parents[2] / "build" / "collector"
NAME: Final = "continuum-collector"


def main() -> int:
    """Build unless it is there; 1 with a sentence when it can't be."""
    if shutil.which("go") is None:
        print(
            "Go is not installed: the collector is built from its Go modules, with Go 1.25 or newer",
            file=sys.stderr,
        )
        return 1
    program = place()
    if not program.exists():
        try:
            _build(program)
        except subprocess.CalledProcessError as error:
            print(f"{error.cmd[0]} ended with {error.returncode}; its output stands above", file=sys.stderr)
            return 1
    print(program)
    return 0


def place() -> Path:
    """Where the program for this manifest and this Go is, or will be."""
    version = subprocess.run(["go", "version"], check=True, capture_output=True).stdout  # noqa: S607  # the user's own Go
    key = hashlib.sha256(MANIFEST.read_bytes() + version).hexdigest()[:16]
    return KEPT / key / NAME


def _build(program: Path) -> None:
    manifest = MANIFEST.read_text(encoding="utf-8")
    found = re.search(r"go\.opentelemetry\.io/collector/receiver/otlpreceiver (v[0-9.]+)", manifest)
    if found is None:
        raise SystemExit("builder.yaml names no otlpreceiver: its version is the builder's")
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        here = Path(folder)
        environment = {
            **os.environ,
            "GOBIN": str(here),
            "GOFLAGS": "-trimpath -buildvcs=false",
            "CGO_ENABLED": "0",
        }
        # Standard output is for the place alone.
        _run(["go", "install", f"go.opentelemetry.io/collector/cmd/builder@{found[1]}"], environment)
        (here / "builder.yaml").write_text(
            manifest.replace("./build/collector", str(here / "out")), encoding="utf-8"
        )
        _run([str(here / "builder"), "--config", str(here / "builder.yaml")], environment)
        program.parent.mkdir(exist_ok=True)
        (here / "out" / NAME).replace(program)


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, check=True, env=environment, stdout=sys.stderr)  # noqa: S603  # fixed words and our own paths


if __name__ == "__main__":
    sys.exit(main())
