"""Which words the running program says, and that nothing from outside makes a file be opened."""

from __future__ import annotations

import importlib
import json
import secrets
import sys

import pytest

from telemetry.privacy import program

CODE = '''
"""A module with words of its own."""
from dataclasses import dataclass

QUERY = "SELECT owner FROM gardens WHERE id = :id"

@dataclass
class Gardener:
    trowels: int

def weed(bed):
    raise LookupError(f"no bed called {bed} here")
'''


@pytest.fixture
def module(tmp_path, monkeypatch):
    made = []

    def make(folder, name):
        path = tmp_path / folder
        path.mkdir(parents=True)
        (path / f"{name}.py").write_text(CODE)
        monkeypatch.syspath_prepend(str(path))
        made.append(name)
        return importlib.import_module(name)

    yield make
    for name in made:
        sys.modules.pop(name, None)
        program.words_of.cache_clear()


def test_an_application_says_its_strings_and_names(module):
    module("app", "garden_app")
    words = program.Program()
    assert words.says("SELECT owner FROM gardens WHERE id = :id")
    assert words.names("gardens")
    assert words.names("trowels")
    assert words.names("Gardener")
    somebody = f"w{secrets.token_hex(8)}"  # no module that other tests load can hold it
    assert not words.says(f"a bed called {somebody}")
    assert not words.names(somebody)


def test_an_installed_package_is_a_library_until_it_serves(module):
    module("site-packages", "garden_package")
    words = program.Program()
    assert not words.names("gardens")
    words.belongs({"garden_package"})
    assert words.names("gardens")


def test_frames_are_known_by_the_code_of_loaded_modules(module):
    loaded = module("app", "garden_frames")
    assert program.module_at(loaded.__file__) == "garden_frames"
    assert program.shown_path(loaded.__file__) == "garden_frames.py"
    assert program.has_function("garden_frames", "weed")
    assert not program.has_function("garden_frames", "anna")
    assert program.shown_path("/home/anna/diary.py") is None
    assert program.shown_path(json.decoder.__file__) == "json/decoder.py"


@pytest.mark.parametrize(
    "name", ["ValueError", "json.decoder.JSONDecodeError", "subprocess.CalledProcessError"]
)
def test_a_class_that_is_defined_is_known(name):
    assert program.has_class(name)


@pytest.mark.parametrize("name", ["AnnaError", "json.Anna", "json", "", ".", "json.decoder.", "os.path"])
def test_what_is_no_class_is_not(name):
    assert not program.has_class(name)


def test_a_module_that_answers_for_itself_is_not_asked(monkeypatch):
    class Lazy(type(sys)):
        def __getattr__(self, name):
            raise RuntimeError("asked")

    monkeypatch.setitem(sys.modules, "garden_lazy", Lazy("garden_lazy"))
    words = program.Program()
    assert not words.says("anything at all")
    assert not program.has_class("garden_lazy.Thing")
