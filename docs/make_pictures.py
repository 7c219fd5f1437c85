"""Takes the pictures of the documentation: runs `continuum dev`, follows its steps, photographs the inspector.

Needs Chromium. Run it from the project's root: ``.venv/bin/python docs/make_pictures.py``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parent / "images"
BROWSER = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def call(url: str, key: str, body: dict[str, str] | None = None) -> None:
    request = urllib.request.Request(  # a loopback address
        url,
        method="POST",
        data=json.dumps(body or {}).encode(),
        headers={"X-API-Key": key, "Content-Type": "application/json"},
    )
    try:
        urllib.request.urlopen(request).read()  # a loopback address
    except urllib.error.HTTPError as error:
        error.read()


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [sys.executable, "-m", "continuum.cli", "dev", "--port", "8520", "--inspector-port", "8521"],
            env={**os.environ, "HOME": home, "XDG_DATA_HOME": home, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            key = ""
            for line in process.stdout or ():
                if found := re.search(r"CONTINUUM_API_KEY=(\S+)", line):
                    key = found[1]
                if "Ctrl-C" in line:
                    break
            said = {"user_message": "We moved the launch of Falcon to Tuesday.", "ai_response": "Noted."}
            call("http://127.0.0.1:8520/v1/learn", key, said)
            call("http://127.0.0.1:8520/v1/recall", key, {"message": "When does Falcon launch?"})
            call("http://127.0.0.1:8520/v1/telemetry/test-error", key)
            time.sleep(2)
            photograph("http://127.0.0.1:8521")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def photograph(inspector: str) -> None:
    with urllib.request.urlopen(f"{inspector}/inspector/api/errors") as answer:  # loopback
        error = json.load(answer)[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page(viewport={"width": 1180, "height": 760}, device_scale_factor=1.5)
        for name, place in {
            "list": "#/",
            "trace": f"#/trace/{error['trace_id']}",
            "error": f"#/error/{error['event_id']}",
        }.items():
            page.goto(f"{inspector}/{place}")
            page.wait_for_timeout(700)
            page.screenshot(path=IMAGES / f"inspector-{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
