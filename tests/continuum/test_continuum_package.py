import importlib.metadata
import re
from pathlib import Path

import continuum


def test_the_version_is_that_of_the_distribution():
    assert continuum.__version__ == importlib.metadata.version("continuum-memory")


def test_telemetry_is_used_through_its_front_door_only():
    package = Path(continuum.__file__).parent
    pattern = re.compile(
        r"^\s*(?:from telemetry\.|import telemetry\.|import sentry_sdk|from sentry_sdk)", re.MULTILINE
    )
    assert [path for path in package.rglob("*.py") if pattern.search(path.read_text())] == []
