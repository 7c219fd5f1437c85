"""The started process is quiet, alone, and reachable from this machine only."""

from __future__ import annotations

import ast
import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import sentry_sdk
from inspector_samples import error_envelope

import telemetry.inspector
from telemetry.inspector.__main__ import main

PACKAGE = Path(telemetry.inspector.__file__).parent


def test_it_answers_and_writes_only_its_address(process: str) -> None:
    request = urllib.request.Request(f"{process}/api/1/envelope/", error_envelope("1" * 32, "2" * 16))
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"{process}/healthz", timeout=5) as answer:
        assert answer.read() == b"ok"
        assert answer.headers["server"] is None


SENDER = """
import sys
import sentry_sdk

sentry_sdk.init(dsn=sys.argv[1], traces_sample_rate=1.0, release="continuum@0.3.0")
start = getattr(sentry_sdk, "start_transaction", sentry_sdk.start_span)
with start(name="GET /v1/recall"):
    with sentry_sdk.start_span(name="SELECT 1"):
        try:
            raise ValueError("nothing recalled") from KeyError("cause")
        except ValueError as error:
            print(sentry_sdk.capture_exception(error))
sentry_sdk.flush(5)
"""


def test_sentrys_sdk_reaches_it_with_nothing_but_a_dsn(process: str) -> None:
    dsn = process.replace("http://", "http://inspector@") + "/1"
    sender = subprocess.run(
        [sys.executable, "-c", SENDER, dsn], capture_output=True, text=True, check=True, timeout=30
    )
    with urllib.request.urlopen(
        f"{process}/inspector/api/errors/{sender.stdout.strip()}", timeout=5
    ) as answer:
        error = json.load(answer)
    assert [value["type"] for value in error["exceptions"]] == ["KeyError", "ValueError"]
    assert error["release"] == "continuum@0.3.0"
    # From 3 on the SDK streams spans, which nothing of ours sends and the inspector doesn't read.
    kept = (True, "SELECT 1") if hasattr(sentry_sdk, "start_transaction") else (False, None)
    assert (error["trace_kept"], error["span_name"]) == kept


def test_a_sender_of_a_large_body_reads_why_it_was_refused(process: str) -> None:
    request = urllib.request.Request(f"{process}/api/1/envelope/", b"x" * 6_000_000)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    with refused.value as answer:
        assert answer.code == 413
        assert b"larger than 5242880 bytes" in answer.read()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_another_address_is_refused_unless_allowed(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--host", host, "--port", "0"])
    assert stopped.value.code == 2
    assert "--allow-remote" in capsys.readouterr().err


def test_a_taken_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SystemExit):
        main(["--port", str(taken.getsockname()[1])])
    assert "cannot listen on 127.0.0.1" in capsys.readouterr().err


def test_it_loads_nothing_that_could_send_or_instrument() -> None:
    code = "import sys, telemetry.inspector.__main__; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    inside = {name for name in loaded if name.startswith("telemetry.")}
    assert all(name.startswith("telemetry.inspector") for name in inside)
    assert not {name.partition(".")[0] for name in loaded} & {
        "sentry_sdk",
        "opentelemetry",
        "continuum",
        "urllib3",
    }


def test_its_modules_import_nothing_else_of_the_project() -> None:
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith(("continuum", "sentry_sdk", "opentelemetry.sdk"))
                assert not name.startswith("telemetry") or name.startswith("telemetry.inspector")


def test_the_page_loads_nothing_from_elsewhere_and_never_parses_html() -> None:
    for path in (PACKAGE / "static").iterdir():
        source = path.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert "//cdn" not in source
        assert "https://" not in source
        for sink in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "DOMParser",
            " style=",
            "onclick=",
        ):
            assert sink not in source, path.name
