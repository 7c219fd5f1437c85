"""A file's templates are found though the collector ends something in the middle that parses, too."""

import ast
import gc
from pathlib import Path

import pytest

from telemetry.privacy import literals, scrub


class Parses:
    """What asyncio's lost tasks do when they are collected: they format a traceback, which parses its lines."""

    def __init__(self) -> None:
        self.circle = self

    def __del__(self) -> None:
        ast.parse("deep = (1, [2, {3: 4}])")


@pytest.fixture
def often():
    before = gc.get_threshold()
    gc.set_threshold(20, 1, 1)
    yield
    gc.set_threshold(*before)


def test_a_file_is_read_though_something_else_is_parsed_in_the_middle(often):
    source = Path(scrub.__file__).read_text()
    for _ in range(5):
        Parses()
        assert literals._parsed(source) is not None
